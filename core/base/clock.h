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

// Whole seconds of the wall clock as everybody else sees it: time(2) may lag behind by a tick.
[[nodiscard]] inline std::time_t wall_clock_seconds() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec;
}

// The wall clock; it may jump.
[[nodiscard]] inline std::chrono::nanoseconds realtime_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace uvinetd
