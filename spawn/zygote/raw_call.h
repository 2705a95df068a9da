// SPDX-License-Identifier: ISC
// System calls of the library's own text: no symbol that the program may have defined itself or
// another library may have wrapped stands between, and errno is not touched.
#pragma once

#include <sys/syscall.h>

namespace uvinetd::zygote {

inline long number_of(const volatile void* pointer) {
  return reinterpret_cast<long>(pointer);
}

// Returns what the kernel returned: a negative errno where it failed.
[[gnu::always_inline]] inline long raw_call(long call, long a = 0, long b = 0, long c = 0,
                                            long d = 0, long e = 0, long f = 0) {
#if defined(__x86_64__)
  long result = call;
  register long fourth asm("r10") = d;
  register long fifth asm("r8") = e;
  register long sixth asm("r9") = f;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
               : "rcx", "r11", "cc", "memory");
  return result;
#elif defined(__aarch64__)
  register long number asm("x8") = call;
  register long result asm("x0") = a;
  register long second asm("x1") = b;
  register long third asm("x2") = c;
  register long fourth asm("x3") = d;
  register long fifth asm("x4") = e;
  register long sixth asm("x5") = f;
  asm volatile("svc #0"
               : "+r"(result)
               : "r"(number), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
               : "cc", "memory");
  return result;
#else
#error "no system calls for this processor"
#endif
}

[[noreturn, gnu::always_inline]] inline void raw_exit(int status) {
  for (;;) raw_call(SYS_exit_group, status);
}

[[gnu::always_inline]] inline void raw_close(int fd) {
  raw_call(SYS_close, fd);
}

}  // namespace uvinetd::zygote
