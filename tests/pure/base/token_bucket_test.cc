// SPDX-License-Identifier: ISC
#include "core/base/token_bucket.h"

#include <gtest/gtest.h>

#include <random>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

int taken(TokenBucket& bucket, const StartRate& rate, std::chrono::milliseconds now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) {
    if (!bucket.allows(rate, now)) continue;
    bucket.take(rate, now);
    ++count;
  }
  return count;
}

TEST(TokenBucket, HasItsBurstAtFirstAndThenOneForEachInterval) {
  TokenBucket bucket;
  const StartRate rate{10, 5, 60'000};  // one in six seconds
  EXPECT_EQ(taken(bucket, rate, 1'000ms, 20), 5);
  EXPECT_EQ(taken(bucket, rate, 6'999ms, 20), 0);
  EXPECT_EQ(taken(bucket, rate, 7'000ms, 20), 1);
  EXPECT_EQ(taken(bucket, rate, 12'999ms, 20), 0);
  EXPECT_EQ(taken(bucket, rate, 25'000ms, 20), 3);
}

TEST(TokenBucket, NeverHasMoreThanItsBurst) {
  TokenBucket bucket;
  const StartRate rate{10, 5, 60'000};
  EXPECT_EQ(taken(bucket, rate, 0ms, 20), 5);
  EXPECT_EQ(taken(bucket, rate, 24h, 20), 5);
}

TEST(TokenBucket, IntervalsThatAreNoWholeMillisecondsDoNotDrift) {
  TokenBucket bucket;
  const StartRate rate{7, 2, 1'000};
  int count = 0;
  for (int ms = 0; ms <= 100'000; ++ms) {
    count += taken(bucket, rate, std::chrono::milliseconds(ms), 2);
  }
  EXPECT_EQ(count, 2 + 7 * 100);
}

TEST(TokenBucket, TellsHowLongItTakes) {
  TokenBucket bucket;
  const StartRate rate{7, 2, 1'000};
  EXPECT_EQ(bucket.wait(rate, 0ms), 0ms);
  EXPECT_EQ(taken(bucket, rate, 0ms, 5), 2);
  EXPECT_EQ(bucket.wait(rate, 0ms), 143ms);  // 142.86
  EXPECT_EQ(bucket.wait(rate, 100ms), 43ms);
  EXPECT_FALSE(bucket.allows(rate, 142ms));
  EXPECT_TRUE(bucket.allows(rate, 143ms));
}

TEST(TokenBucket, WithoutARateNeverSaysNo) {
  TokenBucket bucket;
  EXPECT_EQ(taken(bucket, StartRate(), 0ms, 1'000), 1'000);
  EXPECT_EQ(bucket.wait(StartRate(), 0ms), 0ms);
}

TEST(TokenBucket, TakesAnotherRateInMidstream) {
  TokenBucket bucket;
  const StartRate slow{1, 10, 3'600'000};
  EXPECT_EQ(taken(bucket, slow, 0ms, 20), 10);
  // Nothing is there of the smaller burst, either.
  const StartRate quick{2, 4, 1'000};
  EXPECT_FALSE(bucket.allows(quick, 0ms));
  EXPECT_EQ(taken(bucket, quick, 1'000ms, 20), 2);
  // Six tokens more than the smaller one has are there at once.
  const StartRate large{1, 10, 1'000};
  EXPECT_EQ(taken(bucket, large, 1'000ms, 20), 6);
}

TEST(TokenBucket, TheLargestNumbersOverflowNothing) {
  TokenBucket bucket;
  const StartRate largest{kMostInRate, kMostInRate, kLongestPeriod};
  for (int i = 0; i < 1'000; ++i) bucket.take(largest, 0ms);
  EXPECT_TRUE(bucket.allows(largest, std::chrono::milliseconds(std::int64_t{1} << 60)));
  const StartRate slowest{1, 1, kLongestPeriod};
  bucket.take(slowest, std::chrono::milliseconds(std::int64_t{1} << 60));
  EXPECT_EQ(bucket.wait(slowest, std::chrono::milliseconds(std::int64_t{1} << 60)),
            std::chrono::milliseconds(kLongestPeriod));
}

TEST(TokenBucket, AClockThatStandsOrGoesBackGivesNothing) {
  TokenBucket bucket;
  const StartRate rate{1, 1, 1'000};
  EXPECT_EQ(taken(bucket, rate, 5'000ms, 3), 1);
  EXPECT_EQ(taken(bucket, rate, 4'000ms, 3), 0);
  EXPECT_EQ(taken(bucket, rate, 5'999ms, 3), 0);
  EXPECT_EQ(taken(bucket, rate, 6'000ms, 3), 1);
}

TEST(TokenBucket, HasExactlyWhatCameWhateverTheMomentsThatItIsAskedAt) {
  std::minstd_rand random(7);
  for (int round = 0; round < 200; ++round) {
    const StartRate rate{1 + static_cast<std::uint32_t>(random() % 50),
                         2 + static_cast<std::uint32_t>(random() % 20),
                         1'000 * (1 + static_cast<std::uint32_t>(random() % 100))};
    TokenBucket bucket;
    std::int64_t given = taken(bucket, rate, 0ms, 100);
    ASSERT_EQ(given, rate.burst);
    std::int64_t now = 0;
    for (int i = 0; i < 300; ++i) {
      now += static_cast<std::int64_t>(random() % (rate.per_milliseconds / rate.count + 1));
      given += taken(bucket, rate, std::chrono::milliseconds(now), 100);
      // Emptied each time, less than the burst comes between: nothing is lost to its bound.
      ASSERT_EQ(given, rate.burst + now * rate.count / rate.per_milliseconds) << round << ' ' << i;
    }
  }
}

}  // namespace
}  // namespace uvinetd
