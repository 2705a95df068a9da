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
  static constexpr Time kTime{10'000};  // from the first of a run to its end at the latest

  explicit Repeats(std::uint32_t most) : most_(most) {}

  // Before each one: how many of the run that is over now were not written. `is_same`: this one
  // goes on where the last one was.
  [[nodiscard]] std::uint64_t over(bool is_same, Time now) {
    if (is_same && now - since_ < kTime) return 0;
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

 private:
  std::uint32_t most_;
  std::uint32_t written_ = 0;
  std::uint64_t count_ = 0;
  Time since_{0};
};

}  // namespace uvinetd
