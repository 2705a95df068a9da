// SPDX-License-Identifier: ISC
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/base/loop.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

TEST(LoopTurnsTest, ATurnIsWhatItsCallbacksTakeAndNotTheWaiting) {
  Loop loop;
  Timers timers(loop);
  std::vector<std::chrono::nanoseconds> turns;
  loop.watch_turns([&](std::chrono::nanoseconds took) { turns.push_back(took); });
  timers.after(10ms, [&] {
    std::this_thread::sleep_for(20ms);
    timers.after(500ms, [&] { loop.stop(); });
  });
  loop.run();
  ASSERT_GE(turns.size(), 1U);
  EXPECT_GE(turns[0], 20ms);
  EXPECT_LT(turns[0], 500ms);
}

TEST(LoopTurnsTest, ALoopThatNobodyWatchesRuns) {
  Loop loop;
  Timers timers(loop);
  timers.after(1ms, [&] { loop.stop(); });
  loop.run();
}

}  // namespace
}  // namespace uvinetd
