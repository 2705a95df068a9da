// SPDX-License-Identifier: ISC
// When connections are to start. Pure.
//
// A closed loop starts one whenever a client is free. An open loop starts them on a schedule that
// nothing delays: an arrival that finds no client free keeps its scheduled time, and what it waited
// is part of its latency. (A loop that starts late and counts from there leaves out exactly the
// moments at which the server was slow: "coordinated omission".)
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "bench/load/sample.h"

namespace uvinetd::bench {

class Arrivals {
 public:
  // Until `end` or `limit` arrivals, whatever comes first; `per_second` 0 means a closed loop.
  Arrivals(nanoseconds begin, nanoseconds end, std::uint64_t limit, double per_second)
      : begin_(begin), end_(end), limit_(limit), per_second_(per_second) {}

  // When the next one is due; in the past when it is late. nullopt when there are no more.
  [[nodiscard]] std::optional<nanoseconds> next(nanoseconds now) const {
    if (taken_ >= limit_) return std::nullopt;
    const auto due = is_open() ? scheduled(taken_) : now;
    return due < end_ ? std::optional(due) : std::nullopt;
  }
  void take() { ++taken_; }

  [[nodiscard]] bool is_open() const { return per_second_ > 0; }
  // How much of the load is behind us, 0 to 1.
  [[nodiscard]] double progress(nanoseconds now) const {
    const double by_time = ratio((now - begin_).count(), (end_ - begin_).count());
    return std::clamp(std::max(by_time, ratio(taken_, limit_)), 0.0, 1.0);
  }

 private:
  template <typename T>
  static double ratio(T part, T whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  }
  [[nodiscard]] nanoseconds scheduled(std::uint64_t index) const {
    const double after = static_cast<double>(index) / per_second_ * 1e9;
    constexpr auto kNever = static_cast<double>(std::numeric_limits<std::int64_t>::max() / 2);
    return begin_ + nanoseconds(static_cast<std::int64_t>(std::min(after, kNever)));
  }

  nanoseconds begin_;
  nanoseconds end_;
  std::uint64_t limit_;
  double per_second_;
  std::uint64_t taken_ = 0;
};

}  // namespace uvinetd::bench
