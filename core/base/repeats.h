// SPDX-License-Identifier: ISC
// Keeps what is said again and again from filling a log: of one run of the same, the first few are
// written at once, and the others counted until something else is said or the time is over. Pure;
// what "the same" means is its user's business.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

namespace uvinetd {

class Repeats {
 public:
  using Time = std::chrono::milliseconds;
  static constexpr Time kTime{10'000};

  // `most` of a run are written; it lasts `time` from its first at the longest.
  explicit Repeats(std::uint32_t most, Time time = kTime) : most_(most), time_(time) {}

  // Before each one: how many of the run that is over now were not written. `is_same`: this one
  // goes on where the last one was.
  [[nodiscard]] std::uint64_t over(bool is_same, Time now) {
    if (is_same && now - since_ < time_) return 0;
    written_ = 0;
    return take();
  }
  // After that: whether it is to be written. False: it is counted.
  [[nodiscard]] bool allows(Time now) {
    if (written_ == 0) since_ = now;
    if (written_ < most_) {
      ++written_;
      return true;
    }
    ++count_;
    return false;
  }
  // How many were not written since the last call; the run goes on.
  [[nodiscard]] std::uint64_t take() { return std::exchange(count_, 0); }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // Of the run, at the latest.
  [[nodiscard]] Time end() const { return since_ + time_; }

 private:
  std::uint32_t most_;
  Time time_;
  std::uint32_t written_ = 0;
  std::uint64_t count_ = 0;
  Time since_{0};
};

}  // namespace uvinetd
