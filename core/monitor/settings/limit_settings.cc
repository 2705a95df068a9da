// SPDX-License-Identifier: ISC
#include <algorithm>
#include <limits>
#include <optional>

#include "core/monitor/settings/settings.h"

namespace uvinetd {
namespace {

std::uint32_t bounded(std::int64_t number, std::uint32_t most) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(number, 0, most));
}

// Longer than a hundred years is no limit that anybody meets.
std::uint32_t seconds(const std::optional<std::chrono::seconds>& time) {
  return time ? bounded(time->count(), kForEver - 1) : 0;
}

StartRate start_rate(const std::optional<Rate>& rate) {
  if (!rate || rate->count == 0) return {};
  StartRate out;
  out.count = bounded(rate->count, kMostInRate);
  out.burst = std::max(bounded(rate->burst, kMostInRate), 1U);
  out.per_milliseconds = std::max(bounded(rate->per.count(), kLongestPeriod / 1000), 1U) * 1000;
  return out;
}

// Without a time a sensor refuses and bans nobody, as with NEVER.
std::uint32_t ban_seconds(const std::optional<std::chrono::minutes>& time) {
  if (!time) return 0;
  if (*time == std::chrono::minutes::max()) return kForEver;
  return bounded(std::min<std::int64_t>(time->count(), kForEver / 60) * 60, kForEver - 1);
}

}  // namespace

LimitSettings limit_settings(const LoadedService& service, const CommandLine& /*options*/) {
  const auto& more = *service.spec.more;
  LimitSettings out;
  out.rate = start_rate(more.rate);
  out.rate_per_source = start_rate(more.rate_per_source);
  out.rate_pause_seconds = seconds(more.rate_pause);
  out.prefix_v6 = std::min(more.source_prefix_v6.value_or(kUsualPrefixV6), 128U);
  out.refuses_at_limit = more.at_limit == AtLimit::Refuse;
  out.is_sensor = more.is_sensor;
  out.ban_seconds = ban_seconds(more.deny_time);
  out.start_seconds = seconds(more.start_timeout);
  out.idle_seconds = seconds(more.idle_timeout);
  out.run_seconds = seconds(more.max_runtime);
  return out;
}

}  // namespace uvinetd
