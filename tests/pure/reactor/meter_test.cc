// SPDX-License-Identifier: ISC
#include "core/reactor/metrics/meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <limits>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

class MeterTest : public testing::Test {
 protected:
  Meter meter;
  ServiceCounters one;
  ServiceCounters other;
};

TEST_F(MeterTest, AServiceHasItsOwnAndTheTotalHasAll) {
  meter.accepted(one);
  meter.accepted(one);
  meter.accepted(other);
  meter.datagrams(other, 5);
  EXPECT_EQ(one.get().accepted, 2U);
  EXPECT_EQ(one.get().datagrams, 0U);
  EXPECT_EQ(other.get().accepted, 1U);
  EXPECT_EQ(meter.total().accepted, 3U);
  EXPECT_EQ(meter.total().datagrams, 5U);
}

TEST_F(MeterTest, APauseOfEverythingIsNoServices) {
  meter.paused(one);
  meter.paused_everything();
  EXPECT_EQ(one.get().pauses, 1U);
  EXPECT_EQ(meter.total().pauses, 2U);
}

TEST_F(MeterTest, RefusalsCountByTheFirstWord) {
  meter.refused(one, "exec errno=ENOENT step=execve");
  meter.refused(one, "exec errno=EACCES step=execve");
  meter.refused(one, "gone", 3);
  meter.refused(one, "loop", 0);
  EXPECT_THAT(one.get().refused.list(), ElementsAre(Pair("exec", 2), Pair("gone", 3)));
  EXPECT_EQ(one.get().refused.total(), 5U);
}

TEST_F(MeterTest, WordsThatAreTooManyCountAsOthers) {
  for (std::size_t i = 0; i < 2 * WordCounts::kMost; ++i) meter.failed(one, std::to_string(i));
  const auto& list = one.get().failed.list();
  ASSERT_EQ(list.size(), WordCounts::kMost);
  EXPECT_EQ(list.back().first, "other");
  EXPECT_EQ(one.get().failed.total(), 2 * WordCounts::kMost);
}

TEST_F(MeterTest, AStepIsAWordHoweverLongItIs) {
  meter.failed(one, std::string(100'000, 'x'));
  ASSERT_EQ(one.get().failed.list().size(), 1U);
  EXPECT_EQ(one.get().failed.list()[0].first, std::string(Meter::kLongestWord, 'x'));
}

TEST_F(MeterTest, WhoWasNotSeenToComeIsNotMeasured) {
  meter.started(one, 0ns, 5s);
  meter.spoke(one, 0ns, 5s);
  EXPECT_EQ(one.get().started, 1U);
  EXPECT_EQ(one.get().start_latency.count(), 0U);
  EXPECT_EQ(one.get().answer_latency.count(), 0U);
  meter.started(one, 4s, 5s);
  meter.spoke(one, 3s, 5s);
  EXPECT_EQ(one.get().start_latency.sum_ns(), 1'000'000'000U);
  EXPECT_EQ(one.get().answer_latency.sum_ns(), 2'000'000'000U);
}

TEST_F(MeterTest, TheResourcesOfServersAddUpAndNeverOverflow) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  meter.ended(one, {0, 1'000, 500, 4'000});
  meter.ended(one, {0, -1, -1, -1});
  EXPECT_EQ(one.get().cpu_usec, 1'500);
  EXPECT_EQ(one.get().max_rss_kib, 4'000);
  meter.ended(one, {0, kMost, kMost, 3'000});
  EXPECT_EQ(one.get().cpu_usec, kMost);
  EXPECT_EQ(one.get().max_rss_kib, 4'000);
}

TEST_F(MeterTest, AnEndIsAStatusOrTheNameOfASignal) {
  EXPECT_EQ(exit_word(0), "0");
  EXPECT_EQ(exit_word(3 << 8), "3");
  EXPECT_EQ(exit_word(SIGKILL), "SIGKILL");
  EXPECT_EQ(exit_word(SIGSEGV | 0x80), "SIGSEGV");  // with a core
  EXPECT_EQ(exit_word(60), "SIG60");
  EXPECT_EQ(exit_word(-1), "unknown");
}

TEST(HistogramTest, ATimeBelongsToTheBucketWhoseBoundItDoesNotPass) {
  Histogram times;
  times.add(50us);
  times.add(51us);
  times.add(-1s);
  times.add(17s);
  EXPECT_EQ(times.counts()[0], 2U);
  EXPECT_EQ(times.counts()[1], 1U);
  EXPECT_EQ(times.counts().back(), 1U);
  EXPECT_EQ(times.count(), 4U);
}

}  // namespace
}  // namespace uvinetd
