// SPDX-License-Identifier: ISC
#include "core/ctl/live/facts.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/base/escape.h"
#include "core/ctl/live/human.h"
#include "core/ctl/live/text_table.h"
#include "core/ctl/live/values.h"

namespace uvinetd {
namespace {

using nlohmann::json;
constexpr std::size_t kLongestKey = 60;

std::int64_t whole(const json& value, double factor = 1) {
  return scaled_of(json{{"value", value}}, "value", factor).value_or(0);
}

// Members of members by names such as "reactor.restarts", but for those that a fact is about.
using Members = std::vector<std::pair<std::string, const json*>>;
void flatten(const std::string& prefix, const json& object, std::span<const Fact> facts,
             Members& out) {
  for (const auto& [key, value] : object.items()) {
    const auto name = prefix + one_line(key, kLongestKey);
    const bool is_fact =
        std::any_of(facts.begin(), facts.end(), [&](const Fact& fact) { return fact.key == name; });
    if (value.is_object() && !is_fact) {
      flatten(name + ".", value, facts, out);
    } else {
      out.emplace_back(name, &value);
    }
  }
}

}  // namespace

std::string fact_plain(const json& value) {
  if (value.is_null()) return "";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (!value.is_array()) return value_text(value);
  std::string out;
  for (const auto& each : value) out += (out.empty() ? "" : ", ") + value_text(each);
  return out;
}

std::string fact_count(const json& value) {
  return value.is_number() ? count_text(whole(value)) : fact_plain(value);
}

std::string fact_counts(const json& value) {
  const json object{{"counts", value}};
  const auto counts = counts_of(object, "counts");
  const auto sum = sum_of(counts);
  return sum == 0 ? "0" : count_text(sum) + ": " + counts_text(counts);
}

std::string fact_ms(const json& value) {
  return value.is_number() ? duration_text(std::chrono::microseconds(whole(value, 1e3)))
                           : fact_plain(value);
}

std::string fact_age(const json& value) {
  return value.is_number() ? age_text(std::chrono::milliseconds(whole(value))) : fact_plain(value);
}

std::string fact_cpu(const json& value) {
  return value.is_number() ? duration_text(std::chrono::microseconds(whole(value, 1e6)))
                           : fact_plain(value);
}

std::string fact_bytes(const json& value) {
  return value.is_number() ? kib_text(whole(value) / 1'024) : fact_plain(value);
}

std::string facts_text(const json& object, std::span<const Fact> facts,
                       std::span<const std::string_view> left_out, PrintForm form) {
  auto rest = object;
  for (const auto& key : left_out) {
    if (rest.is_object()) rest.erase(std::string(key));
  }
  Members members;
  flatten("", rest, facts, members);
  std::vector<std::pair<std::string, std::string>> lines;
  for (const auto& fact : facts) {
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&](const auto& member) { return member.first == fact.key; });
    if (found == members.end()) continue;
    lines.emplace_back(fact.label, fact.text(*found->second));
    members.erase(found);
  }
  for (const auto& [name, value] : members) lines.emplace_back(name, fact_plain(*value));
  std::erase_if(lines, [](const auto& line) { return line.second.empty(); });
  std::size_t width = 0;
  for (const auto& [name, text] : lines) width = std::max(width, display_width(name));
  std::string out;
  for (const auto& [name, text] : lines) {
    out += painted(name, Paint::Bold, form.has_colors);
    out += std::string(width + 2 - display_width(name), ' ') + text + "\n";
  }
  return out;
}

}  // namespace uvinetd
