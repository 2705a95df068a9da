// SPDX-License-Identifier: ISC
// A time of the day at which clients are let in, as every language writes it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "spawn/settings/hours.h"

namespace uvinetd {

inline constexpr unsigned kMinutesOfDay = 24 * 60;
inline constexpr char kAccessTimeHint[] = "as in 08:00-17:30";

// "08:00-17:30": from eight until just before half past five. "22:00-06:00" runs past midnight: its
// end is before its begin. "24:00" is an end only. nullopt: malformed, or no time at all.
[[nodiscard]] std::optional<DayTimes::Range> parse_access_time(std::string_view text);

// What ranges cover, sorted and disjoint, cut at midnight. Whatever it was made of, it has no more
// than half as many ranges as a day has minutes.
[[nodiscard]] DayTimes merge_access_times(const std::vector<DayTimes::Range>& ranges);

}  // namespace uvinetd
