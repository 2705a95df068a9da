// SPDX-License-Identifier: ISC
// How often something may begin.
#pragma once

#include <cstdint>

namespace uvinetd {

inline constexpr std::uint32_t kMostInRate = 0x7fffffff;             // starts, and their burst
inline constexpr std::uint32_t kLongestPeriod = 7 * 24 * 3600'000U;  // milliseconds

// So many starts in a period; the first `burst` at once.
struct StartRate {
  std::uint32_t count = 0;  // 0: no limit
  std::uint32_t burst = 0;
  std::uint32_t per_milliseconds = 0;

  [[nodiscard]] bool is_limit() const { return count != 0; }
  friend bool operator==(const StartRate&, const StartRate&) = default;
};

}  // namespace uvinetd
