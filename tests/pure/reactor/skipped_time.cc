// SPDX-License-Identifier: ISC
#include "tests/pure/reactor/skipped_time.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace {

std::chrono::nanoseconds skipped{0};

}  // namespace

extern "C" int clock_gettime(clockid_t clock, struct timespec* time) noexcept {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  const bool is_monotonic = clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE;
  if (result == 0 && is_monotonic) {
    const auto sum = skipped.count() + time->tv_nsec;
    time->tv_sec += sum / 1'000'000'000;
    time->tv_nsec = sum % 1'000'000'000;
  }
  return result;
}

namespace uvinetd::test {

void skip_time(std::chrono::milliseconds time) {
  skipped += time;
}

}  // namespace uvinetd::test
