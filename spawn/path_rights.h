// SPDX-License-Identifier: ISC
// Rights over paths, as Landlock has them (landlock(7)); numbers, so that they can be named where
// the system's headers are older than its kernel, or of another system.
#pragma once

#include <cstdint>

namespace uvinetd {

namespace path_right {
inline constexpr std::uint64_t kExecute = 1U << 0;
inline constexpr std::uint64_t kWriteFile = 1U << 1;
inline constexpr std::uint64_t kReadFile = 1U << 2;
inline constexpr std::uint64_t kReadDirectory = 1U << 3;
inline constexpr std::uint64_t kOfFirstVersion = (1U << 13) - 1;  // removing, making, ...
inline constexpr std::uint64_t kMoveBetween = 1U << 13;           // version 2
inline constexpr std::uint64_t kTruncate = 1U << 14;              // version 3
inline constexpr std::uint64_t kDeviceControl = 1U << 15;         // version 5
}  // namespace path_right

inline constexpr int kTruncateVersion = 3;

// The version of Landlock that the kernel has; 0: none.
[[nodiscard]] int path_rights_version();

// All rights that a kernel of this version knows.
[[nodiscard]] constexpr std::uint64_t all_path_rights(int version) {
  using namespace path_right;
  return (version >= 1 ? kOfFirstVersion : 0) | (version >= 2 ? kMoveBetween : 0) |
         (version >= kTruncateVersion ? kTruncate : 0) | (version >= 5 ? kDeviceControl : 0);
}

}  // namespace uvinetd
