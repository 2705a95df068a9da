// SPDX-License-Identifier: ISC
// What goes on at a TCP connection that somebody else uses.
#pragma once

#include <chrono>
#include <optional>

namespace uvinetd {

// Whether the system can say; where it cannot, nothing that depends on it may be promised.
#if defined(__linux__) && !defined(UVINETD_PORTABLE_BUILD)
inline constexpr bool kSeesActivity = true;
#else
inline constexpr bool kSeesActivity = false;
#endif

struct ConnectionActivity {
  // Who has it has read a byte of what came, or sent one.
  bool has_begun = false;
  std::chrono::milliseconds idle{0};  // since a byte was last sent or received
};

// nullopt: not a TCP connection, or kSeesActivity is false.
[[nodiscard]] std::optional<ConnectionActivity> activity_of(int connection);

}  // namespace uvinetd
