// SPDX-License-Identifier: ISC
// Counts what happens, of its service and of all together. What a service has counted stays in the
// total when the service is gone.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/reactor/metrics/counters.h"

namespace uvinetd {

// Who is measured from this time on (CLOCK_MONOTONIC); 0: unknown, and not measured.
using Accepted = std::chrono::nanoseconds;
// A client of this service has been sent its first byte by us.
using OnFirstByte = std::function<void(std::uint32_t service, Accepted)>;

class Meter {
 public:
  static constexpr std::size_t kLongestWord = 64;  // bytes, of a step: launchers name it

  [[nodiscard]] const Counters& total() const { return total_; }

  void accepted(ServiceCounters& of) {
    both(of, [](Counters& counters) { ++counters.accepted; });
  }
  void answered(ServiceCounters& of) {
    both(of, [](Counters& counters) { ++counters.answered; });
  }
  void datagrams(ServiceCounters& of, std::uint64_t count) {
    if (count != 0) both(of, [count](Counters& counters) { counters.datagrams += count; });
  }
  void paused(ServiceCounters& of) {
    both(of, [](Counters& counters) { ++counters.pauses; });
  }
  // All services at once: in the total only.
  void paused_everything() { ++total_.pauses; }
  // `reason` as in the log: its first word counts.
  void refused(ServiceCounters& of, std::string_view reason, std::uint64_t count = 1);
  void failed(ServiceCounters& of, std::string_view step) {
    both(of, [step](Counters& counters) { counters.failed.add(step.substr(0, kLongestWord)); });
  }
  void started(ServiceCounters& of, Accepted accepted, std::chrono::nanoseconds now);
  // The first byte has gone to a client.
  void spoke(ServiceCounters& of, Accepted accepted, std::chrono::nanoseconds now);
  // `status` as wait4(2) gives it, -1: unknown; so are negative times and sizes.
  struct End {
    int status = -1;
    std::int64_t user_usec = -1;
    std::int64_t system_usec = -1;
    std::int64_t max_rss_kib = -1;
  };
  void ended(ServiceCounters& of, const End& end);

 private:
  template <typename Change>
  void both(ServiceCounters& of, Change change) {
    change(of.edit());
    change(total_);
  }
  Counters total_;
};

// How a server ended, in a word: "0", "1", "SIGKILL", "unknown".
[[nodiscard]] std::string exit_word(int status);

}  // namespace uvinetd
