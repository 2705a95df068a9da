// SPDX-License-Identifier: ISC
#include "core/config/access_time.h"
#include "core/monitor/settings/settings.h"

namespace uvinetd {

HoursSettings hours_settings(const LoadedService& service, const CommandLine& /*options*/) {
  const auto& more = *service.spec.more;
  HoursSettings out;
  std::vector<DayTimes::Range> ranges;
  for (const auto& text : more.access_times) {
    if (const auto range = parse_access_time(text)) ranges.push_back(*range);
  }
  out.times = merge_access_times(ranges);
  out.max_load = more.max_load.value_or(0);
  return out;
}

}  // namespace uvinetd
