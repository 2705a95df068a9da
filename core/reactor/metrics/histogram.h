// SPDX-License-Identifier: ISC
// How long something took, counted in buckets whose bounds are the same for all. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace uvinetd {

class Histogram {
 public:
  // Upper bounds in microseconds, each belonging to its bucket ("le"); one bucket more has no
  // bound.
  static constexpr std::array<std::int64_t, 18> kBounds{
      50,    100,    200,    400,    600,     800,     1'000,     2'000,     4'000,
      8'000, 16'000, 32'000, 64'000, 128'000, 256'000, 1'000'000, 4'000'000, 16'000'000};

  void add(std::chrono::nanoseconds time) {
    const auto usec = std::max<std::int64_t>(time.count() / 1'000, 0);
    const auto* const bound = std::lower_bound(kBounds.begin(), kBounds.end(), usec);
    ++counts_[static_cast<std::size_t>(bound - kBounds.begin())];
    ++count_;
    sum_ns_ += static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t sum_ns() const { return sum_ns_; }
  // One per bound, and one of what is above them all; each of its own bucket only.
  [[nodiscard]] const std::array<std::uint64_t, kBounds.size() + 1>& counts() const {
    return counts_;
  }
  // Within how much time this part (0 … 1) of them was done, as well as the buckets can say
  // (linearly within one, the last bound above it); 0 without any.
  [[nodiscard]] std::chrono::nanoseconds quantile(double part) const;

 private:
  std::array<std::uint64_t, kBounds.size() + 1> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ns_ = 0;
};

}  // namespace uvinetd
