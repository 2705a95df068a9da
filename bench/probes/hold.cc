// SPDX-License-Identifier: ISC
// A server that stays: it answers as the tiny probe does, then lives until its client has gone.
// Thousands of them are the living children whose cost for the next start is measured.
//
// Exits 0 at the end of its input or on an error there, 1 when it cannot answer.
#include "raw_calls.h"

extern "C" [[noreturn]] void probe_main() {
  using namespace uvinetd::bench;
  const std::int64_t started = raw_monotonic_nanoseconds();
  if (raw_write(1, &started, sizeof started) != sizeof started) raw_exit(1);
  char ignored[64];
  while (raw_read(0, ignored, sizeof ignored) > 0) continue;
  raw_exit(0);
}
