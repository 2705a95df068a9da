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
[[nodiscard]] inline std::chrono::nanoseconds realtime_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace uvinetd
