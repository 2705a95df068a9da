// SPDX-License-Identifier: ISC
// A loop that the test turns, and timers in it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "core/base/loop.h"
#include "tests/pure/reactor/skipped_time.h"
#include "tests/pure/spawn/eventually.h"

namespace uvinetd::test {

class LoopTest : public ::testing::Test {
 protected:
  void turn() { uv_run(loop.get(), UV_RUN_NOWAIT); }
  // Whether `fact` became true in time.
  bool turn_until(const std::function<bool()>& fact) {
    return eventually([&] {
      turn();
      return fact();
    });
  }
  // For programs that are linked with skipped_time.cc.
  void pass(std::chrono::milliseconds time) {
    skip_time(time);
    turn();
    turn();
  }

  Loop loop;
  Timers timers{loop};
};

}  // namespace uvinetd::test
