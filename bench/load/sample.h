// SPDX-License-Identifier: ISC
// What happened to one connection, and to all of them.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace uvinetd::bench {

using std::chrono::nanoseconds;

// Times of CLOCK_MONOTONIC, as durations since `start`; kAbsent where a connection has no such
// moment (an echo starts no program, an exchange of no bytes has no first one).
struct Sample {
  static constexpr nanoseconds kAbsent = nanoseconds::min();

  nanoseconds start{0};  // absolute: connect() called, or when the schedule wanted it called
  nanoseconds exec = kAbsent;
  nanoseconds first_byte = kAbsent;
  nanoseconds eof = kAbsent;  // the end: of the stream, or of what was to come back
};

enum class Failure : std::uint8_t {
  Connect,  // refused, unreachable, no port left
  Timeout,
  Reset,
  Short,  // ended before all was there
  Other,  // an answer that cannot be right, or a system call of ours that failed
};
constexpr std::size_t kFailures = 5;
constexpr std::array<const char*, kFailures> kFailureNames = {"connect", "timeout", "reset",
                                                              "short", "other"};

struct Tally {
  std::vector<Sample> samples;  // of connections that went well
  std::array<std::uint64_t, kFailures> failures{};
  int last_errno = 0;               // of the failures, 0 when they had none
  std::uint64_t ended_in_time = 0;  // went well, and before the time was over
  nanoseconds duration{0};          // that the load lasted: what rates are counted over

  [[nodiscard]] std::uint64_t failed() const;
  [[nodiscard]] double rate_per_second() const;
};

inline std::uint64_t Tally::failed() const {
  std::uint64_t sum = 0;
  for (const auto number : failures) sum += number;
  return sum;
}

inline double Tally::rate_per_second() const {
  const double seconds = std::chrono::duration<double>(duration).count();
  return seconds > 0 ? static_cast<double>(ended_in_time) / seconds : 0;
}

}  // namespace uvinetd::bench
