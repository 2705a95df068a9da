// SPDX-License-Identifier: ISC
// The least server there is: no C library, no dynamic linking, three system calls. What is left of
// the time to its answer is the superserver's and the kernel's.
//
// Answers with the CLOCK_MONOTONIC time of its first instructions, 8 bytes in host byte order of
// nanoseconds, on descriptor 1; exits 0, or 1 when they cannot be written whole.
#include "raw_calls.h"

extern "C" [[noreturn]] void probe_main() {
  using namespace uvinetd::bench;
  const std::int64_t started = raw_monotonic_nanoseconds();
  raw_exit(raw_write(1, &started, sizeof started) == sizeof started ? 0 : 1);
}
