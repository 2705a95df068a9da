// SPDX-License-Identifier: ISC
// The clocks we use: durations by CLOCK_MONOTONIC, which never jumps.
#pragma once

#include <chrono>
#include <ctime>

namespace uvinetd {

[[nodiscard]] inline std::chrono::nanoseconds monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// The wall clock; it may jump.
[[nodiscard]] inline timespec wall_clock() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now;
}

[[nodiscard]] inline std::chrono::nanoseconds realtime_now() {
  const auto now = wall_clock();
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Its whole seconds as everybody else sees them: time(2) may lag behind by a tick.
[[nodiscard]] inline std::time_t wall_clock_seconds() {
  return wall_clock().tv_sec;
}

}  // namespace uvinetd
