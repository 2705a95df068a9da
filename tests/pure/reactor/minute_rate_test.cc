// SPDX-License-Identifier: ISC
#include "core/reactor/admission/minute_rate.h"

#include <gtest/gtest.h>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

int starts_allowed(MinuteRate& rate, std::uint32_t most, std::chrono::milliseconds now, int tries) {
  int allowed = 0;
  for (int i = 0; i < tries; ++i) {
    if (!rate.allows(most, now)) continue;
    rate.count(now);
    ++allowed;
  }
  return allowed;
}

TEST(MinuteRate, AllowsExactlySoManyInTheWindowOfTheFirstStart) {
  MinuteRate rate;
  EXPECT_EQ(starts_allowed(rate, 3, 5'000ms, 10), 3);
  EXPECT_EQ(starts_allowed(rate, 3, 64'999ms, 10), 0);
  EXPECT_EQ(starts_allowed(rate, 3, 65'000ms, 10), 3);
}

TEST(MinuteRate, SpreadStartsCountInTheWindowThatTheyFallInto) {
  MinuteRate rate;
  EXPECT_EQ(starts_allowed(rate, 3, 0ms, 1), 1);
  EXPECT_EQ(starts_allowed(rate, 3, 59'000ms, 5), 2);
  EXPECT_EQ(starts_allowed(rate, 3, 59'999ms, 5), 0);
  // The window began with its first start, and the next one begins when it is over.
  EXPECT_EQ(starts_allowed(rate, 3, 60'000ms, 5), 3);
}

TEST(MinuteRate, TellsHowLongTheWindowStillLasts) {
  MinuteRate rate;
  EXPECT_EQ(starts_allowed(rate, 1, 1'000ms, 2), 1);
  EXPECT_EQ(rate.wait(1'000ms), 60'000ms);
  EXPECT_EQ(rate.wait(60'500ms), 500ms);
  EXPECT_TRUE(rate.allows(1, 1'000ms + rate.wait(1'000ms)));
  EXPECT_FALSE(rate.allows(1, 1'000ms + rate.wait(1'000ms) - 1ms));
}

TEST(MinuteRate, WithoutALimitNeverSaysNo) {
  MinuteRate rate;
  EXPECT_EQ(starts_allowed(rate, 0, 0ms, 100'000), 100'000);
}

}  // namespace
}  // namespace uvinetd
