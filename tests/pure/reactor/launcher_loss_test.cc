// SPDX-License-Identifier: ISC
// Launchers that die, fall silent or are not needed any more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/reactor/launchers_ring.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class LauncherLossTest : public LaunchersRing {};

// ---- death -----------------------------------------------------------------------------------

TEST_F(LauncherLossTest, OneThatDiesBeforeItCameIsAskedForAgain) {
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_THAT(take_events(), ElementsAre("need 7"));
  launchers.gone(1);  // the monitor had thought it to be on its way
  turn();
  EXPECT_THAT(take_events(), IsEmpty());
  pass(1'001ms);
  EXPECT_THAT(take_events(), ElementsAre("need 7"));
}

TEST_F(LauncherLossTest, ANumberThatIsKnownIsNotTakenTwice) {
  const auto one = join(1);
  const auto same = join(1, kIdentity + 1);
  EXPECT_TRUE(launchers.has_room(kIdentity));
  EXPECT_FALSE(launchers.has_room(kIdentity + 1));
}

TEST_F(LauncherLossTest, LaunchesOfADeadLauncherAreSettledByItsLedger) {
  auto one = join(1);
  for (LaunchId id = 1; id <= 4; ++id) ASSERT_TRUE(submit(id));
  (void)one.ledger->begin(2, 1, 1, 1, nullptr);  // and died before it knew of a child
  one.ledger->started(*one.ledger->begin(3, 1, 1, 1, nullptr), 333);
  const auto ended = *one.ledger->begin(4, 1, 1, 1, nullptr);
  one.ledger->started(ended, 444);
  one.ledger->end(ended, 0);
  one.channel.close();
  launchers.gone(1);
  EXPECT_THAT(take_events(),
              UnorderedElementsAre("settled 1 never", "settled 2 unknown", "settled 3 running 333",
                                   "settled 4 running 444"));
  EXPECT_EQ(launchers.in_flight(), 0U);
  EXPECT_FALSE(launchers.has_room(kIdentity));
}

TEST_F(LauncherLossTest, WithTheCloneSpawnerEveryLaunchOfADeadLauncherIsCertain) {
  auto one = join(1);
  for (LaunchId id = 1; id <= 3; ++id) ASSERT_TRUE(submit(id));
  one.ledger->set_spawner(SpawnerKind::Clone);
  (void)one.ledger->begin(2, 1, 1, 1, nullptr);  // and died before there was a child
  one.ledger->pid_of(*one.ledger->begin(3, 1, 1, 1, nullptr)) = 333;  // or while it was born
  one.channel.close();
  launchers.gone(1);
  EXPECT_THAT(take_events(),
              UnorderedElementsAre("settled 1 never", "settled 2 never", "settled 3 running 333"));
}

TEST_F(LauncherLossTest, TheLastWordsOfADeadLauncherCountBeforeItsLedger) {
  auto one = join(1);
  for (LaunchId id = 1; id <= 2; ++id) ASSERT_TRUE(submit(id));
  one.report(ReportKind::Started, 1);
  one.report(ReportKind::Exited, 1);
  one.channel.close();
  launchers.gone(1);  // before the loop has seen anything of it
  EXPECT_THAT(take_events(), ElementsAre("report 1", "report 1 of nobody", "settled 2 never"));
}

TEST_F(LauncherLossTest, ADeathIsSettledOnceAndUnknownOnesAreIgnored) {
  auto one = join(1);
  ASSERT_TRUE(submit(1));
  one.channel.close();
  turn();
  launchers.gone(1);
  launchers.gone(1);
  launchers.gone(2);
  EXPECT_THAT(take_events(), ElementsAre("settled 1 never"));
}

TEST_F(LauncherLossTest, AClosedLauncherGetsNothingAndIsReplaced) {
  auto one = join(1);
  one.channel.close();
  turn();
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_FALSE(submit(1));
  EXPECT_THAT(take_events(), ElementsAre("need 7"));
  pass(1s);  // its end has not been told meanwhile: it lives, without a channel
  EXPECT_THAT(take_events(), ElementsAre("stuck 1 kill"));
}

TEST_F(LauncherLossTest, OneThatSpeaksNonsenseIsEnded) {
  auto one = join(1);
  ASSERT_TRUE(one.channel.send(static_cast<std::uint16_t>(MessageType::Reports), "x"));
  auto two = join(2);
  ASSERT_TRUE(two.channel.send(static_cast<std::uint16_t>(MessageType::Launch), ""));
  turn();
  pass(1s);
  EXPECT_THAT(take_events(), UnorderedElementsAre("stuck 1 kill", "stuck 2 kill"));
  EXPECT_FALSE(launchers.has_room(kIdentity));
}

// The accept that found room and the death of the launcher may fall into one turn of the loop.
TEST_F(LauncherLossTest, WhoIsTurnedAwayByASendToADeadLauncherIsToldOfTheNextOne) {
  auto one = join(1);
  EXPECT_TRUE(launchers.has_room(kIdentity));
  one.channel.close();
  EXPECT_FALSE(submit(1));
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_THAT(take_events(), ElementsAre("need 7"));
  turn();
  launchers.gone(1);
  (void)take_events();
  const auto two = join(2);
  EXPECT_THAT(take_events(), ElementsAre("room 7"));
}

TEST_F(LauncherLossTest, WhoWaitsForABusyLauncherIsNotForgottenWhenItDies) {
  auto one = join(1);
  for (LaunchId id = 1; id <= Launchers::kMostInFlight; ++id) {
    ASSERT_TRUE(submit(id));
    one.ledger->started(*one.ledger->begin(id, 1, 1, 1, nullptr), 1'000);
  }
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_THAT(take_events(), IsEmpty());
  one.channel.close();
  launchers.gone(1);
  EXPECT_THAT(take_events(), testing::Contains("need 7"));
  const auto two = join(2);
  EXPECT_THAT(take_events(), ElementsAre("room 7"));
}

// ---- silence ---------------------------------------------------------------------------------

TEST_F(LauncherLossTest, ASilentLauncherGetsNothingNewUntilItAnswers) {
  auto one = join(1);
  ASSERT_TRUE(submit(1));
  pass(9s);
  EXPECT_TRUE(launchers.has_room(kIdentity));
  EXPECT_THAT(take_events(), IsEmpty());
  pass(6s);
  EXPECT_THAT(take_events(), ElementsAre("stuck 1"));
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_FALSE(submit(2));
  EXPECT_THAT(take_events(), ElementsAre("need 7"));
  one.report(ReportKind::Started, 1);
  turn();
  EXPECT_THAT(take_events(), ElementsAre("report 1", "room 7"));
  EXPECT_TRUE(submit(2));
}

TEST_F(LauncherLossTest, AnotherLauncherTakesOverFromASilentOne) {
  auto one = join(1);
  for (LaunchId id = 1; id <= Launchers::kMostInFlight; ++id) ASSERT_TRUE(submit(id));
  EXPECT_FALSE(launchers.has_room(kIdentity));
  pass(6s);
  pass(6s);
  EXPECT_THAT(take_events(), ElementsAre("stuck 1", "need 7"));
  auto two = join(2);
  EXPECT_THAT(take_events(), ElementsAre("room 7"));
  EXPECT_TRUE(submit(1'000));
  EXPECT_THAT(two.launches(), ElementsAre(1'000));
}

TEST_F(LauncherLossTest, AVerySilentLauncherIsKilled) {
  auto one = join(1);
  ASSERT_TRUE(submit(1));
  for (int i = 0; i < 13; ++i) pass(5s);
  EXPECT_THAT(take_events(), testing::Contains("stuck 1 kill"));
}

TEST_F(LauncherLossTest, ALauncherWithNothingToDoMayBeSilent) {
  auto one = join(1);
  ASSERT_TRUE(submit(1));
  one.report(ReportKind::Started, 1);
  turn();
  (void)take_events();
  for (int i = 0; i < 30; ++i) pass(5s);
  EXPECT_THAT(take_events(), IsEmpty());
  // Its deadline counts from its next launch on.
  ASSERT_TRUE(submit(2));
  pass(5s);
  EXPECT_THAT(take_events(), IsEmpty());
}

TEST_F(LauncherLossTest, NoTimerRunsWithoutAnythingInFlight) {
  auto one = join(1);
  ASSERT_TRUE(submit(1));
  one.report(ReportKind::Started, 1);
  turn();
  pass(10s);
  EXPECT_EQ(uv_backend_timeout(loop.get()), -1);
}

// ---- spare launchers -------------------------------------------------------------------------

TEST_F(LauncherLossTest, ASpareLauncherWithoutChildrenIsLetGo) {
  auto one = join(1);
  auto two = join(2);
  for (LaunchId id = 1; id <= 3; ++id) ASSERT_TRUE(submit(id));
  EXPECT_THAT(two.launches(), ElementsAre(3));
  two.report(ReportKind::Started, 3);
  two.report(ReportKind::Exited, 3);
  turn();
  (void)take_events();
  pass(31s);
  EXPECT_THAT(take_events(), testing::Contains("retire 2"));
  EXPECT_THAT(one.launches(), ElementsAre(1, 2));
  one.report(ReportKind::Started, 1);
  turn();
  for (LaunchId id = 10; id < 20; ++id) EXPECT_TRUE(submit(id));
  EXPECT_EQ(one.launches().size(), 10U);
  EXPECT_THAT(two.launches(), IsEmpty());
}

TEST_F(LauncherLossTest, TheOnlyLauncherIsKept) {
  auto one = join(1);
  ASSERT_TRUE(submit(1));
  one.report(ReportKind::Failed, 1);
  turn();
  (void)take_events();
  pass(31s);
  EXPECT_THAT(take_events(), IsEmpty());
}

TEST_F(LauncherLossTest, ALauncherOnItsWayOutIsNoReasonToWait) {
  auto one = join(1);
  auto two = join(2);
  for (LaunchId id = 1; id <= 3; ++id) ASSERT_TRUE(submit(id));
  EXPECT_THAT(two.launches(), ElementsAre(3));
  two.report(ReportKind::Failed, 3);
  for (LaunchId id = 1; id <= 2; ++id) one.report(ReportKind::Started, id);
  turn();
  pass(31s);
  EXPECT_THAT(take_events(), testing::Contains("retire 2"));
  one.channel.close();
  turn();
  launchers.gone(1);
  (void)take_events();
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_THAT(take_events(), ElementsAre("need 7"));
}

TEST_F(LauncherLossTest, TheLedgersOfAllAreRead) {
  auto one = join(1);
  auto two = join(2);
  (void)one.ledger->begin(5, 1, 1, 1, nullptr);
  (void)two.ledger->begin(6, 1, 1, 1, nullptr);
  const auto entries = launchers.ledger_entries();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].first, 1U);
  EXPECT_EQ(entries[0].second.child.id, 5U);
  EXPECT_EQ(entries[1].second.child.id, 6U);
}

}  // namespace
}  // namespace uvinetd
