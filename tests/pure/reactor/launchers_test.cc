// SPDX-License-Identifier: ISC
#include "core/reactor/launchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/reactor/launchers_ring.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

class LaunchersTest : public LaunchersRing {};

// ---- room ------------------------------------------------------------------------------------

TEST_F(LaunchersTest, WithoutALauncherOneIsAskedForOnce) {
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_FALSE(submit(1));
  EXPECT_THAT(take_events(), ElementsAre("need 7"));
  const auto one = join(1);
  EXPECT_THAT(take_events(), ElementsAre("room 7"));
  EXPECT_TRUE(launchers.has_room(kIdentity));
  EXPECT_THAT(take_events(), IsEmpty());
}

TEST_F(LaunchersTest, NobodyIsWokenWhoWasNotTurnedAway) {
  const auto one = join(1);
  EXPECT_THAT(take_events(), IsEmpty());
}

TEST_F(LaunchersTest, AfterAFailureOneIsAskedForAgain) {
  EXPECT_FALSE(launchers.has_room(kIdentity));
  launchers.failed(kIdentity);
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_THAT(take_events(), ElementsAre("need 7", "need 7"));
}

TEST_F(LaunchersTest, IdentitiesAreApart) {
  auto other = join(1, kIdentity + 1);
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_FALSE(submit(1));
  EXPECT_TRUE(submit(2, kIdentity + 1));
  EXPECT_THAT(other.launches(), ElementsAre(2));
}

TEST_F(LaunchersTest, TheLeastBusyLauncherGetsTheNextLaunch) {
  auto one = join(1);
  auto two = join(2);
  for (LaunchId id = 1; id <= 6; ++id) EXPECT_TRUE(submit(id));
  const auto first = one.launches();
  EXPECT_EQ(first.size(), 3U);
  EXPECT_EQ(two.launches().size(), 3U);
  // Children count like launches: the one whose child has ended is the less busy.
  for (const auto id : first) one.report(ReportKind::Started, id);
  one.report(ReportKind::Exited, first[0]);
  turn();
  EXPECT_TRUE(submit(7));
  EXPECT_THAT(one.launches(), ElementsAre(7));
}

TEST_F(LaunchersTest, TheConnectionGoesWithTheLaunchAndACopyStays) {
  auto one = join(1);
  EXPECT_TRUE(submit(1));
  EXPECT_THAT(one.launches(), ElementsAre(1));
  EXPECT_EQ(one.sockets.size(), 1U);
  one.report(ReportKind::Started, 1, 4711);
  turn();
  EXPECT_THAT(take_events(), ElementsAre("report 1"));
  ASSERT_TRUE(answered);
  EXPECT_TRUE(answered->copy.is_open());
  EXPECT_EQ(launchers.in_flight(), 0U);
}

TEST_F(LaunchersTest, AReportOfALaunchThatNobodyAskedForIsPassedOnWithoutOne) {
  auto one = join(1);
  one.report(ReportKind::Started, 99);
  turn();
  EXPECT_THAT(take_events(), ElementsAre("report 99 of nobody"));
}

TEST_F(LaunchersTest, AtMost128AreUnansweredAndThatIsNoReasonForAnotherLauncher) {
  auto one = join(1);
  LaunchId id = 0;
  while (submit(id + 1)) ++id;
  EXPECT_EQ(id, Launchers::kMostInFlight);
  EXPECT_EQ(launchers.in_flight(), Launchers::kMostInFlight);
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_THAT(take_events(), IsEmpty());
  EXPECT_EQ(one.launches().size(), Launchers::kMostInFlight);
  one.report(ReportKind::Started, 5);
  turn();
  EXPECT_THAT(take_events(), ElementsAre("report 5", "room 7"));
  EXPECT_TRUE(launchers.has_room(kIdentity));
  EXPECT_TRUE(submit(1'000));
  EXPECT_FALSE(submit(1'001));
}

TEST_F(LaunchersTest, RoomIsToldOnceAndToThoseWhoWereTurnedAway) {
  auto one = join(1);
  for (LaunchId id = 1; id <= Launchers::kMostInFlight; ++id) ASSERT_TRUE(submit(id));
  EXPECT_FALSE(launchers.has_room(kIdentity));
  for (LaunchId id = 1; id <= 3; ++id) one.report(ReportKind::Failed, id);
  turn();
  EXPECT_THAT(take_events(), ElementsAre("report 1", "room 7", "report 2", "report 3"));
}

TEST_F(LaunchersTest, WhoTakesTheRoomWhenToldOfItKeepsTheBound) {
  auto one = join(1);
  for (LaunchId id = 1; id <= Launchers::kMostInFlight; ++id) ASSERT_TRUE(submit(id));
  EXPECT_FALSE(launchers.has_room(kIdentity));
  LaunchId next = 1'000;
  on_room = [&] {
    while (submit(next)) ++next;
    EXPECT_FALSE(launchers.has_room(kIdentity));
  };
  for (LaunchId id = 1; id <= 3; ++id) one.report(ReportKind::Started, id);
  turn();
  EXPECT_EQ(next, 1'003U);
  EXPECT_EQ(launchers.in_flight(), Launchers::kMostInFlight);
}

TEST_F(LaunchersTest, PastAComfortableNumberOfChildrenAnotherIsAskedForInGoodTime) {
  auto one = join(1);
  for (LaunchId id = 1; id < kComfortableChildren; ++id) launchers.count_child(id, 1);
  EXPECT_TRUE(launchers.has_room(kIdentity));
  EXPECT_THAT(take_events(), IsEmpty());
  launchers.count_child(kComfortableChildren, 1);
  EXPECT_TRUE(launchers.has_room(kIdentity));
  EXPECT_TRUE(launchers.has_room(kIdentity));
  EXPECT_THAT(take_events(), ElementsAre("need 7"));
  auto two = join(2);
  EXPECT_TRUE(submit(1'000));
  EXPECT_THAT(two.launches(), ElementsAre(1'000));
}

TEST_F(LaunchersTest, AFullLauncherGetsNothingBeforeItsLedgerIsFull) {
  auto one = join(1);
  for (LaunchId id = 1; id <= kLedgerSlots; ++id) launchers.count_child(id, 1);
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_THAT(take_events(), ElementsAre("need 7"));
  for (LaunchId id = 1; id <= 20; ++id) one.report(ReportKind::Exited, id);
  turn();
  EXPECT_THAT(take_events(), testing::Contains("room 7"));
}

}  // namespace
}  // namespace uvinetd
