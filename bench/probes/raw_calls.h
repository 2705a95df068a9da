// SPDX-License-Identifier: ISC
// System calls and the entry point of a program without a C library, for probes whose start costs
// nothing but exec itself.
//
// Include it in one file, which defines `extern "C" [[noreturn]] void probe_main()`.
// Blocks   as the call does. A raw call returns -errno.
// Source   syscall(2), "Architecture calling conventions"; System V ABI (the stack at entry).
#pragma once

#include <asm/unistd.h>

#include <cstddef>
#include <cstdint>
#include <ctime>

namespace uvinetd::bench {

#if defined(__x86_64__)

__asm__(
    ".globl _start\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  and $-16, %rsp\n"
    "  call probe_main\n");

inline long raw_call(long number, long a, long b, long c) noexcept {
  long result = number;
  __asm__ volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

__asm__(
    ".globl _start\n"
    "_start:\n"
    "  mov x29, #0\n"
    "  mov x30, #0\n"
    "  bl probe_main\n");

inline long raw_call(long number, long a, long b, long c) noexcept {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}

#else
#error "no system calls for this architecture: the probe with a static C library stands in"
#endif

inline std::int64_t raw_monotonic_nanoseconds() noexcept {
  timespec now{};
  raw_call(__NR_clock_gettime, CLOCK_MONOTONIC, reinterpret_cast<long>(&now), 0);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline long raw_read(int fd, void* to, std::size_t size) noexcept {
  return raw_call(__NR_read, fd, reinterpret_cast<long>(to), static_cast<long>(size));
}

inline long raw_write(int fd, const void* from, std::size_t size) noexcept {
  return raw_call(__NR_write, fd, reinterpret_cast<long>(from), static_cast<long>(size));
}

[[noreturn]] inline void raw_exit(int status) noexcept {
  raw_call(__NR_exit_group, status, 0, 0);
  __builtin_unreachable();
}

}  // namespace uvinetd::bench
