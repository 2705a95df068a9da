// SPDX-License-Identifier: ISC
// Whether it is the time, and the host quiet enough, for a client of a service. The decisions are
// pure; HoursCheck knows the clock and the load.
#pragma once

#include <chrono>
#include <optional>

#include "spawn/settings/hours.h"

namespace uvinetd {

// `minute` of the day. Without any range every minute is one.
[[nodiscard]] bool is_within(const DayTimes& times, unsigned minute);
// An unknown load is too much: who set a limit counts on it. `most` 0 is no limit.
[[nodiscard]] bool is_too_busy(double most, const std::optional<double>& load);

class HoursCheck {
 public:
  // nullptr: yes; else the reason.
  const char* refuse(const HoursSettings& settings, std::chrono::milliseconds now);

 private:
  const std::optional<double>& load(std::chrono::milliseconds now);

  std::optional<double> load_;
  std::optional<std::chrono::milliseconds> load_read_at_;
};

}  // namespace uvinetd
