// SPDX-License-Identifier: ISC
// A server with a C library; linked statically, dynamically, and with several libraries besides.
//
// Answers with the CLOCK_MONOTONIC time, 8 bytes in host byte order of nanoseconds, on descriptor
// 1. The clock is read by the first statement of main(): that is when a server begins to serve, and
// what the dynamic linker and the library's start take is part of the way there.
// With PROBE_HOLDS it then lives until its input ends (where hold.cc cannot be built).
#include <unistd.h>

#include <cstdint>
#include <ctime>

int main() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t started = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  if (write(1, &started, sizeof started) != sizeof started) return 1;
#ifdef PROBE_HOLDS
  char ignored[64];
  while (read(0, ignored, sizeof ignored) > 0) continue;
#endif
  return 0;
}
