// SPDX-License-Identifier: ISC
#include "core/ctl/live/service_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace uvinetd {
namespace {

using nlohmann::json;

// A text, or a list of them.
std::string words_of(const json& object, std::string_view key) {
  const auto* value = member_of(object, key);
  if (value == nullptr) return "";
  if (!value->is_array()) return value_text(*value);
  std::string out;
  for (const auto& each : *value) out += (out.empty() ? "" : " ") + value_text(each);
  return out;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains(std::string_view whole, std::string_view part) {
  return std::search(whole.begin(), whole.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != whole.end();
}

std::int64_t growth(std::int64_t before, std::int64_t now) {
  return now >= before ? now - before : now;
}

std::int64_t find(const Counts& counts, std::string_view word) {
  for (const auto& [known, count] : counts) {
    if (known == word) return count;
  }
  return 0;
}

void sort_reasons(ServiceRates& rates) {
  std::stable_sort(rates.by_reason.begin(), rates.by_reason.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
}

}  // namespace

ServiceView read_service(const json& service) {
  ServiceView out;
  out.id = text_of(service, "id");
  out.state = text_of(service, "state");
  out.reason = text_of(service, "reason");
  if (const auto hold = text_of(service, "hold"); !hold.empty()) out.reason = hold;
  out.kind = text_of(service, "internal");
  if (out.kind.empty()) out.kind = text_of(service, "mode");
  out.addresses = words_of(service, "addresses");
  out.running = number_of(service, "running").value_or(0);
  out.limit = number_of(service, "limit").value_or(0);
  out.queue = number_of(service, "queue");
  out.accepted = number_of(service, "accepted").value_or(0);
  out.started = sum_of({{"", number_of(service, "started").value_or(0)},
                        {"", number_of(service, "answered").value_or(0)}});
  out.refused = counts_of(service, "refused");
  out.failed = counts_of(service, "failed");
  out.p50_usec = scaled_of(service, "start_p50_ms", 1e3);
  out.p99_usec = scaled_of(service, "start_p99_ms", 1e3);
  out.cpu_usec = scaled_of(service, "cpu_seconds", 1e6).value_or(0);
  return out;
}

bool is_paused(const ServiceView& service) {
  return service.state == "paused" || service.state == "held";
}

bool has_text(const ServiceView& service, std::string_view text) {
  return contains(service.id, text) || contains(service.state, text) ||
         contains(service.kind, text) || contains(service.reason, text) ||
         contains(service.addresses, text);
}

ServiceRates rates_between(const ServiceView& before, const ServiceView& now, double seconds) {
  ServiceRates out;
  if (!(seconds > 0)) return out;
  out.starts = static_cast<double>(growth(before.started, now.started)) / seconds;
  out.load = static_cast<double>(growth(before.cpu_usec, now.cpu_usec)) / (seconds * 1e6);
  for (const auto& [reason, count] : now.refused) {
    const auto more = growth(find(before.refused, reason), count);
    if (more <= 0) continue;
    out.by_reason.emplace_back(reason, static_cast<double>(more) / seconds);
    out.refusals += out.by_reason.back().second;
  }
  sort_reasons(out);
  return out;
}

void add_rates(const ServiceRates& rates, ServiceRates& sum) {
  sum.starts += rates.starts;
  sum.refusals += rates.refusals;
  sum.load += rates.load;
  for (const auto& one : rates.by_reason) {
    const auto found = std::find_if(sum.by_reason.begin(), sum.by_reason.end(),
                                    [&](const auto& each) { return each.first == one.first; });
    if (found == sum.by_reason.end()) {
      sum.by_reason.push_back(one);
    } else {
      found->second += one.second;
    }
  }
  sort_reasons(sum);
}

}  // namespace uvinetd
