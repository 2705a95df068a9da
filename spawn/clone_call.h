// SPDX-License-Identifier: ISC
// clone3(2) with a stack of one's own, which no C library offers: the child cannot return to the
// caller's frame, so entering its function takes a few instructions of assembly. Linux only.
#pragma once

#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>

namespace uvinetd {

// The first version of the kernel's struct clone_args (<linux/sched.h> and <sched.h> do not always
// go together). Pointers are numbers here.
struct Clone3Arguments {
  std::uint64_t flags = 0;
  std::uint64_t pidfd = 0;
  std::uint64_t child_tid = 0;
  std::uint64_t parent_tid = 0;
  std::uint64_t exit_signal = 0;
  std::uint64_t stack = 0;       // its lowest byte
  std::uint64_t stack_size = 0;  // a multiple of 16
  std::uint64_t tls = 0;
};
static_assert(sizeof(Clone3Arguments) == 64);  // CLONE_ARGS_SIZE_VER0

inline constexpr std::uint64_t kCloneClearSighand = 0x1'0000'0000;  // Linux 5.5

#if defined(SYS_clone3) && (defined(__x86_64__) || defined(__aarch64__)) && defined(__LP64__)
inline constexpr bool kHasClone3 = true;
#else
inline constexpr bool kHasClone3 = false;
#endif

// The child's function. It must not return.
using CloneEntry = void (*)(void*);

// Returns the child's pid or a negative errno.
[[gnu::noinline]] inline long clone3([[maybe_unused]] const Clone3Arguments& arguments,
                                     [[maybe_unused]] CloneEntry entry,
                                     [[maybe_unused]] void* argument) noexcept {
#if defined(SYS_clone3) && defined(__x86_64__) && defined(__LP64__)
  long result = SYS_clone3;
  // The system call spoils rcx and r11 only. The frame pointer is cleared where backtraces end.
  asm volatile(
      "syscall\n\t"
      "testq %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "movq %[argument], %%rdi\n\t"
      "xorl %%ebp, %%ebp\n\t"
      "callq *%[entry]\n\t"
      "hlt\n"
      "1:"
      : "+a"(result)
      : "D"(&arguments), "S"(sizeof arguments), [entry] "d"(entry), [argument] "b"(argument)
      : "rcx", "r11", "cc", "memory");
  return result;
#elif defined(SYS_clone3) && defined(__aarch64__)
  register long number asm("x8") = SYS_clone3;
  register auto result asm("x0") = reinterpret_cast<long>(&arguments);
  register std::size_t size asm("x1") = sizeof arguments;
  asm volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x0, %[argument]\n\t"
      "mov x29, xzr\n\t"
      "mov x30, xzr\n\t"
      "blr %[entry]\n\t"
      "brk #1\n"
      "1:"
      : "+r"(result)
      : "r"(number), "r"(size), [entry] "r"(entry), [argument] "r"(argument)
      : "cc", "memory");
  return result;
#else
  return -38;  // ENOSYS
#endif
}

}  // namespace uvinetd
