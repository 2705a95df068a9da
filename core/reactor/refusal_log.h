// SPDX-License-Identifier: ISC
// Keeps a flood of refusals from becoming a flood of log lines.
#pragma once

#include <chrono>
#include <cstdint>

namespace uvinetd {

class RefusalLog {
 public:
  static constexpr std::uint32_t kLinesPerSecond = 50;

  // Whether one more line may be written now.
  [[nodiscard]] bool allows(std::chrono::milliseconds now) {
    if (now - start_ >= std::chrono::seconds(1)) {
      start_ = now;
      lines_ = 0;
    }
    if (lines_ < kLinesPerSecond) {
      ++lines_;
      return true;
    }
    ++withheld_;
    return false;
  }
  // Refusals without a line since the last call; told with the next line.
  [[nodiscard]] std::uint64_t take_withheld() {
    const auto count = withheld_;
    withheld_ = 0;
    return count;
  }

 private:
  std::chrono::milliseconds start_{0};
  std::uint32_t lines_ = 0;
  std::uint64_t withheld_ = 0;
};

}  // namespace uvinetd
