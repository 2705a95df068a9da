// SPDX-License-Identifier: ISC
#include "core/reactor/time_limits.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "core/base/clock.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

LimitSettings limits(std::uint32_t start, std::uint32_t idle, std::uint32_t run) {
  LimitSettings out;
  out.start_seconds = start;
  out.idle_seconds = idle;
  out.run_seconds = run;
  return out;
}

std::string verdict(const LimitSettings& limits, std::chrono::milliseconds ran,
                    const ConnectionActivity* activity) {
  const auto out = judge_times(limits, ran, activity);
  if (out.reason != nullptr) return out.reason;
  return std::to_string(out.look_again.count());
}

TEST(JudgeTimes, WithoutLimitsNothingIsEverLookedAt) {
  const ConnectionActivity silent{false, 100h};
  EXPECT_EQ(verdict(limits(0, 0, 0), 100h, &silent), "0");
  EXPECT_EQ(verdict(limits(0, 0, 0), 100h, nullptr), "0");
}

TEST(JudgeTimes, ARunMayTakeUpToItsLimit) {
  EXPECT_EQ(verdict(limits(0, 0, 10), 0ms, nullptr), "10000");
  EXPECT_EQ(verdict(limits(0, 0, 10), 9'999ms, nullptr), "1");
  EXPECT_EQ(verdict(limits(0, 0, 10), 10'000ms, nullptr), "runtime");
}

TEST(JudgeTimes, OnlyOneThatHasNotBegunIsLateAtItsStart) {
  const ConnectionActivity silent{false, 2s};
  const ConnectionActivity begun{true, 2s};
  EXPECT_EQ(verdict(limits(3, 0, 0), 2s, &silent), "1000");
  EXPECT_EQ(verdict(limits(3, 0, 0), 3s, &silent), "start");
  EXPECT_EQ(verdict(limits(3, 0, 0), 3s, &begun), "0");
}

TEST(JudgeTimes, IdleIsSinceTheLastByteAndNotSinceBeforeTheStart) {
  const ConnectionActivity quiet{true, 4s};
  EXPECT_EQ(verdict(limits(0, 5, 0), 60s, &quiet), "1000");
  EXPECT_EQ(verdict(limits(0, 4, 0), 60s, &quiet), "idle");
  const ConnectionActivity queued{true, 60s};  // it stood in the backlog for most of it
  EXPECT_EQ(verdict(limits(0, 5, 0), 1s, &queued), "4000");
}

TEST(JudgeTimes, WhatNobodyCanSeeEndsNobody) {
  EXPECT_EQ(verdict(limits(1, 1, 0), 60s, nullptr), "0");
  EXPECT_EQ(verdict(limits(1, 1, 61), 60s, nullptr), "1000");
}

TEST(JudgeTimes, TheNextLimitDecidesWhenItIsLookedAtAgain) {
  const ConnectionActivity silent{false, 1s};
  EXPECT_EQ(verdict(limits(3, 10, 20), 1s, &silent), "2000");
  EXPECT_EQ(verdict(limits(30, 4, 20), 1s, &silent), "3000");
  EXPECT_EQ(verdict(limits(30, 40, 2), 1s, &silent), "1000");
}

TEST(JudgeTimes, TheLargestLimitsOverflowNothing) {
  const ConnectionActivity silent{false, 1s};
  const auto most = kForEver - 1;
  EXPECT_EQ(verdict(limits(most, most, most), 1s, &silent),
            std::to_string((std::int64_t{most} - 1) * 1000));
}

class TimeLimitsOfServers : public ::testing::Test {
 protected:
  TimeLimits make() {
    return TimeLimits(timers_, kept_,
                      {[this](LaunchId, const char* reason) { told_.emplace_back(reason); },
                       [this](LaunchId, int signal) {
                         told_.emplace_back(signal == SIGKILL ? "kill" : "terminate");
                       }});
  }
  using Told = std::vector<std::string>;
  Loop loop_;
  Timers timers_{loop_};
  KeptConnections kept_;
  Told told_;
};

TEST_F(TimeLimitsOfServers, OneThatHasHadItsTimeIsToldToEndOnce) {
  auto times = make();
  times.watch(1, limits(0, 0, 10), monotonic_now() - 11s);
  EXPECT_EQ(told_, (Told{"runtime", "terminate"}));
  times.watch(1, limits(0, 0, 5), monotonic_now() - 11s);
  EXPECT_EQ(told_.size(), 2U);
  times.forget(1);
  EXPECT_EQ(times.size(), 0U);
}

TEST_F(TimeLimitsOfServers, OneWithoutLimitsIsNotKept) {
  auto times = make();
  times.watch(1, limits(0, 0, 0), monotonic_now());
  EXPECT_EQ(times.size(), 0U);
  times.forget(1);
}

TEST_F(TimeLimitsOfServers, ANewLimitHoldsForAServerThatRuns) {
  auto times = make();
  times.watch(1, limits(0, 0, 100), monotonic_now() - 11s);
  EXPECT_EQ(told_, Told());
  times.watch(1, limits(0, 0, 10), monotonic_now() - 11s);
  EXPECT_EQ(told_, (Told{"runtime", "terminate"}));
}

TEST(KeptConnections, OneIsKeptOpenUntilItIsTaken) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  UniqueFd ours(ends[0]);
  KeptConnections kept;
  {
    const UniqueFd servers(ends[1]);
    ASSERT_TRUE(kept.keep(1, servers.get()));
  }
  char byte = 0;
  EXPECT_EQ(recv(ours.get(), &byte, 1, MSG_DONTWAIT), -1);
  EXPECT_GE(kept.find(1), 0);
  EXPECT_EQ(kept.find(2), -1);
  EXPECT_FALSE(kept.keep(2, -1));
  { const auto taken = kept.take(1); }
  EXPECT_EQ(recv(ours.get(), &byte, 1, MSG_DONTWAIT), 0);
  EXPECT_FALSE(kept.take(1).is_open());
  EXPECT_EQ(kept.count(), 0U);
}

}  // namespace
}  // namespace uvinetd
