// SPDX-License-Identifier: ISC
#include "core/ctl/live/values.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/escape.h"
#include "core/ctl/live/human.h"

namespace uvinetd {
namespace {

using nlohmann::json;

constexpr std::size_t kMostShown = 4'000;  // bytes of one value
constexpr double kMostWhole = 9.0e18;      // what int64_t holds

}  // namespace

const json* member_of(const json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::int64_t> number_of(const json& object, std::string_view key) {
  const auto* value = member_of(object, key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  if (value->is_number_float()) return scaled_of(object, key, 1);
  if (value->is_number_unsigned()) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(value->get<std::uint64_t>(), kMost));
  }
  return value->get<std::int64_t>();
}

std::optional<std::int64_t> scaled_of(const json& object, std::string_view key, double factor) {
  const auto* value = member_of(object, key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto number = std::round(value->get<double>() * factor);
  if (!(number > -kMostWhole && number < kMostWhole)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::string text_of(const json& object, std::string_view key) {
  const auto* value = member_of(object, key);
  if (value == nullptr || !value->is_string()) return "";
  return one_line(value->get_ref<const std::string&>(), kMostShown);
}

std::string value_text(const json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return one_line(value.get_ref<const std::string&>(), kMostShown);
  return one_line(value.dump(-1, ' ', false, json::error_handler_t::replace), kMostShown);
}

Counts counts_of(const json& object, std::string_view key) {
  Counts out;
  const auto* value = member_of(object, key);
  if (value == nullptr || !value->is_object()) return out;
  for (const auto& [word, count] : value->items()) {
    if (!count.is_number()) continue;
    if (const auto number = number_of(*value, word)) {
      out.emplace_back(one_line(word, kMostShown), *number);
    }
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return out;
}

std::int64_t sum_of(const Counts& counts) {
  std::int64_t sum = 0;
  for (const auto& [word, count] : counts) {
    if (__builtin_add_overflow(sum, count, &sum)) return std::numeric_limits<std::int64_t>::max();
  }
  return sum;
}

std::string counts_text(const Counts& counts) {
  std::string out;
  for (const auto& [word, count] : counts) {
    if (count != 0) out += (out.empty() ? "" : ", ") + word + "=" + count_text(count);
  }
  return out;
}

}  // namespace uvinetd
