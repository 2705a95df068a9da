// SPDX-License-Identifier: ISC
// Which launcher gets the next launch, when another one is asked for to be faster, and which is let
// go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/reactor/launchers_ring.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class LauncherChoiceTest : public LaunchersRing {
 protected:
  // One launch that is answered and ended at once.
  void serve_one(FakeLauncher& launcher) {
    ASSERT_TRUE(submit(++last));
    serve_next(launcher);
  }
  void serve_next(FakeLauncher& launcher) {
    const auto launch = launcher.next_launch();
    ASSERT_TRUE(launch);
    launcher.sockets.clear();
    launcher.report(ReportKind::Started, launch->id);
    launcher.report(ReportKind::Exited, launch->id);
    turn();
  }
  // So many launches that each find two others before them.
  void keep_in_line(FakeLauncher& launcher, int times) {
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(submit(++last));
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(submit(++last));
      serve_next(launcher);
    }
    for (int i = 0; i < 2; ++i) serve_next(launcher);
  }
  std::size_t asked() {
    const auto all = take_events();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), "need 7"));
  }

  LaunchId last = 0;
};

// ---- the next launch -------------------------------------------------------------------------

TEST_F(LauncherChoiceTest, WhileItKeepsUpTheFirstGetsAll) {
  auto one = join(1);
  auto two = join(2);
  for (int i = 0; i < 50; ++i) serve_one(one);
  EXPECT_THAT(two.launches(), IsEmpty());
}

TEST_F(LauncherChoiceTest, TheShorterQueueIsTaken) {
  auto one = join(1);
  auto two = join(2);
  for (LaunchId id = 1; id <= 8; ++id) ASSERT_TRUE(submit(id));
  EXPECT_EQ(one.launches().size(), 4U);
  EXPECT_EQ(two.launches().size(), 4U);
  // Nothing is answered, but the first has begun all that it had.
  ASSERT_TRUE(submit(9));
  EXPECT_THAT(one.launches(), ElementsAre(9));
}

TEST_F(LauncherChoiceTest, WithManyMoreChildrenALauncherIsTheWorseOne) {
  auto one = join(1);
  auto two = join(2);
  for (LaunchId id = 1; id <= 60; ++id) launchers.count_child(1'000 + id, 1);
  ASSERT_TRUE(submit(1));
  EXPECT_THAT(one.launches(), ElementsAre(1));
  for (LaunchId id = 61; id <= 100; ++id) launchers.count_child(1'000 + id, 1);
  ASSERT_TRUE(submit(2));
  EXPECT_THAT(two.launches(), ElementsAre(2));
}

TEST_F(LauncherChoiceTest, ACountThatCannotBeIsNoQueue) {
  auto one = join(1);
  auto two = join(2);
  for (int i = 0; i < 100; ++i) one.ledger->count_taken();  // of launches that nobody sent
  for (LaunchId id = 1; id <= 10; ++id) ASSERT_TRUE(submit(id));
  EXPECT_EQ(one.launches().size(), 10U);
  EXPECT_THAT(two.launches(), IsEmpty());
}

// ---- another one -----------------------------------------------------------------------------

TEST_F(LauncherChoiceTest, WithoutALineNoneIsAskedFor) {
  auto one = join(1);
  for (int i = 0; i < 1'000; ++i) serve_one(one);
  EXPECT_EQ(asked(), 0U);
}

TEST_F(LauncherChoiceTest, WhenLaunchesKeepStandingInLineAnotherIsAskedForOnce) {
  auto one = join(1);
  keep_in_line(one, 255);
  EXPECT_EQ(asked(), 0U);
  keep_in_line(one, 1'000);
  EXPECT_EQ(asked(), 1U);
}

TEST_F(LauncherChoiceTest, ALineNowAndThenIsNoReason) {
  auto one = join(1);
  for (int round = 0; round < 10; ++round) {
    keep_in_line(one, 100);
    for (int i = 0; i < 100; ++i) serve_one(one);
  }
  EXPECT_EQ(asked(), 0U);
}

TEST_F(LauncherChoiceTest, ThereAreNoMoreThanProcessors) {
  auto one = join(1);
  auto two = join(2);
  for (int i = 0; i < 2'000; ++i) {
    while (submit(++last) && launchers.in_flight() < 12) {
    }
    serve_next(one);
    serve_next(two);
  }
  EXPECT_EQ(asked(), 0U);
}

// ---- one that is not needed any more ---------------------------------------------------------

TEST_F(LauncherChoiceTest, ALauncherThatCameTooLateToBeUsedIsLetGo) {
  auto one = join(1);
  auto two = join(2);
  serve_one(one);
  for (int i = 0; i < 7; ++i) {
    pass(5s);
    serve_one(one);
  }
  EXPECT_THAT(take_events(), Contains("retire 2"));
  pass(40s);
  EXPECT_THAT(take_events(), IsEmpty());  // the only one is kept
}

TEST_F(LauncherChoiceTest, ALauncherThatWasUsedMeanwhileIsLookedAtAgain) {
  auto one = join(1);
  auto two = join(2);
  for (int i = 0; i < 4; ++i) {
    pass(10s);
    // Two in the first one's line, so that the third goes to the other.
    for (int each = 0; each < 3; ++each) ASSERT_TRUE(submit(++last));
    serve_next(two);
    serve_next(one);
    serve_next(one);
  }
  EXPECT_THAT(take_events(), Not(Contains("retire 2")));
  for (int i = 0; i < 14; ++i) {
    pass(5s);
    serve_one(one);
  }
  EXPECT_THAT(take_events(), Contains("retire 2"));
  EXPECT_THAT(two.launches(), IsEmpty());
}

TEST_F(LauncherChoiceTest, OneWithAChildIsKept) {
  auto one = join(1);
  auto two = join(2);
  launchers.count_child(1'000, 2);
  for (int i = 0; i < 14; ++i) {
    pass(5s);
    serve_one(one);
  }
  EXPECT_THAT(take_events(), Not(Contains("retire 2")));
  two.report(ReportKind::Exited, 1'000);
  turn();
  for (int i = 0; i < 7; ++i) {
    pass(5s);
    serve_one(one);
  }
  EXPECT_THAT(take_events(), Contains("retire 2"));
}

}  // namespace
}  // namespace uvinetd
