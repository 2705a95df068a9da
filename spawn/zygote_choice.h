// SPDX-License-Identifier: ISC
// Whether servers can be started warm here (spawn/zygote), and what holds where nothing is said.
#pragma once

#include <cstdint>
#include <cstdlib>  // __GLIBC__

namespace uvinetd {

// The library knows one libc, and the registers of two processors.
#if defined(__linux__) && defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__)) && \
    !defined(UVINETD_PORTABLE_BUILD)
inline constexpr bool kHasZygote = true;
#else
inline constexpr bool kHasZygote = false;
#endif

// Why a service with a box is started by exec, in the log and in the check of a configuration.
inline constexpr char kColdByRoot[] = "its root has no library to park it with";
inline constexpr char kColdBySteps[] = "its limits are taken on by each server before the exec";

inline constexpr std::uint32_t kMostSpares = 64;  // each is a process that waits
inline constexpr std::uint32_t kMostParkUses = 1'000'000;
// All children of one zygote share its layout: what one gives away is worth something against the
// next. With park = "main" each has a stack canary of its own.
inline constexpr std::uint32_t kUsesAtMain = 10'000;
inline constexpr std::uint32_t kUsesAtIo = 200;

}  // namespace uvinetd
