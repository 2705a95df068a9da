// SPDX-License-Identifier: ISC
// Lets time pass without waiting for it: the monotonic clock of this test program can be put
// forward. libuv and everything of ours read it through clock_gettime(2), which the program has of
// its own.
#pragma once

#include <chrono>

namespace uvinetd::test {

void skip_time(std::chrono::milliseconds time);

}  // namespace uvinetd::test
