// SPDX-License-Identifier: ISC
#include "core/reactor/launchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/pure/reactor/fake_launcher.h"
#include "tests/pure/reactor/local_sockets.h"
#include "tests/pure/reactor/skipped_time.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::uint32_t kIdentity = 7;

class LaunchersTest : public testing::Test {
 protected:
  LaunchersTest()
      : launchers(loop, timers,
                  {[this](Report& report, std::optional<InFlight> launch) {
                     events.push_back("report " + std::to_string(report.id) +
                                      (launch ? "" : " of nobody"));
                     answered = std::move(launch);
                   },
                   [this](InFlight launch, Settled settled, std::int32_t pid) {
                     static const char* const kNames[] = {"never", "running", "unknown"};
                     events.push_back("settled " + std::to_string(launch.id) + " " +
                                      kNames[static_cast<int>(settled)] +
                                      (pid != 0 ? " " + std::to_string(pid) : ""));
                     answered = std::move(launch);
                   },
                   [this](std::uint32_t identity) {
                     events.push_back("room " + std::to_string(identity));
                     if (on_room) on_room();
                   },
                   [this](MessageType type, const std::string& body) { on_monitor(type, body); }}) {
    launchers.start_reading();
  }

  void on_monitor(MessageType type, const std::string& body) {
    if (type == MessageType::NeedLauncher) {
      events.push_back("need " + std::to_string(parse_as<NeedLauncher>(body)->identity));
      return;
    }
    const auto number = *parse_as<LauncherNumber>(body);
    const std::string name = type == MessageType::StuckLauncher    ? "stuck "
                             : type == MessageType::RetireLauncher ? "retire "
                                                                   : "? ";
    events.push_back(name + std::to_string(number.launcher) + (number.is_final ? " kill" : ""));
  }
  FakeLauncher join(std::uint32_t id, std::uint32_t identity = kIdentity) {
    UniqueFd end;
    FakeLauncher out(end);
    launchers.join(id, identity, std::move(end),
                   std::move(*LedgerReader::map(out.page.reader.get())));
    return out;
  }
  bool submit(LaunchId id, std::uint32_t identity = kIdentity) {
    InFlight launch;
    launch.id = id;
    launch.identity = identity;
    launch.copy.reset(dup(socket.get()));
    return launchers.submit(launch, launch.copy.get());
  }
  // Turns of the loop until nothing is left to do at once.
  void turn(int times = 5) {
    for (int i = 0; i < times; ++i) uv_run(loop.get(), UV_RUN_NOWAIT);
  }
  void pass(std::chrono::milliseconds time) {
    skip_time(time);
    turn();
  }
  std::vector<std::string> take_events() { return std::exchange(events, {}); }

  Loop loop;
  Timers timers{loop};
  UniqueFd socket{make_socket(AF_INET, SOCK_STREAM)};
  std::vector<std::string> events;
  std::optional<InFlight> answered;
  std::function<void()> on_room;
  Launchers launchers;
};

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

// ---- death -----------------------------------------------------------------------------------

TEST_F(LaunchersTest, LaunchesOfADeadLauncherAreSettledByItsLedger) {
  auto one = join(1);
  for (LaunchId id = 1; id <= 4; ++id) ASSERT_TRUE(submit(id));
  (void)one.ledger->begin(2, 1, 1, 1, nullptr);  // and died before it knew of a child
  one.ledger->started(*one.ledger->begin(3, 1, 1, 1, nullptr), 333);
  const auto ended = *one.ledger->begin(4, 1, 1, 1, nullptr);
  one.ledger->started(ended, 444);
  one.ledger->end(ended);
  one.channel.close();
  launchers.gone(1);
  EXPECT_THAT(take_events(),
              UnorderedElementsAre("settled 1 never", "settled 2 unknown", "settled 3 running 333",
                                   "settled 4 running 444"));
  EXPECT_EQ(launchers.in_flight(), 0U);
  EXPECT_FALSE(launchers.has_room(kIdentity));
}

TEST_F(LaunchersTest, TheLastWordsOfADeadLauncherCountBeforeItsLedger) {
  auto one = join(1);
  for (LaunchId id = 1; id <= 2; ++id) ASSERT_TRUE(submit(id));
  one.report(ReportKind::Started, 1);
  one.report(ReportKind::Exited, 1);
  one.channel.close();
  launchers.gone(1);  // before the loop has seen anything of it
  EXPECT_THAT(take_events(), ElementsAre("report 1", "report 1 of nobody", "settled 2 never"));
}

TEST_F(LaunchersTest, ADeathIsSettledOnceAndUnknownOnesAreIgnored) {
  auto one = join(1);
  ASSERT_TRUE(submit(1));
  one.channel.close();
  turn();
  launchers.gone(1);
  launchers.gone(1);
  launchers.gone(2);
  EXPECT_THAT(take_events(), ElementsAre("settled 1 never"));
}

TEST_F(LaunchersTest, AClosedLauncherGetsNothingAndIsReplaced) {
  auto one = join(1);
  one.channel.close();
  turn();
  EXPECT_FALSE(launchers.has_room(kIdentity));
  EXPECT_FALSE(submit(1));
  EXPECT_THAT(take_events(), ElementsAre("need 7"));
  pass(1s);  // its end has not been told meanwhile: it lives, without a channel
  EXPECT_THAT(take_events(), ElementsAre("stuck 1 kill"));
}

TEST_F(LaunchersTest, OneThatSpeaksNonsenseIsEnded) {
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
TEST_F(LaunchersTest, WhoIsTurnedAwayByASendToADeadLauncherIsToldOfTheNextOne) {
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

TEST_F(LaunchersTest, WhoWaitsForABusyLauncherIsNotForgottenWhenItDies) {
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

TEST_F(LaunchersTest, ASilentLauncherGetsNothingNewUntilItAnswers) {
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

TEST_F(LaunchersTest, AnotherLauncherTakesOverFromASilentOne) {
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

TEST_F(LaunchersTest, AVerySilentLauncherIsKilled) {
  auto one = join(1);
  ASSERT_TRUE(submit(1));
  for (int i = 0; i < 13; ++i) pass(5s);
  EXPECT_THAT(take_events(), testing::Contains("stuck 1 kill"));
}

TEST_F(LaunchersTest, ALauncherWithNothingToDoMayBeSilent) {
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

TEST_F(LaunchersTest, NoTimerRunsWithoutAnythingInFlight) {
  auto one = join(1);
  ASSERT_TRUE(submit(1));
  one.report(ReportKind::Started, 1);
  turn();
  pass(10s);
  EXPECT_EQ(uv_backend_timeout(loop.get()), -1);
}

// ---- spare launchers -------------------------------------------------------------------------

TEST_F(LaunchersTest, ASpareLauncherWithoutChildrenIsLetGo) {
  auto one = join(1);
  auto two = join(2);
  ASSERT_TRUE(submit(1));
  ASSERT_TRUE(submit(2));
  const auto of_two = two.launches().at(0);
  two.report(ReportKind::Started, of_two);
  two.report(ReportKind::Exited, of_two);
  turn();
  (void)take_events();
  pass(31s);
  EXPECT_THAT(take_events(), testing::Contains("retire 2"));
  EXPECT_THAT(one.launches().size(), 1U);
  one.report(ReportKind::Started, of_two == 1 ? 2 : 1);
  turn();
  for (LaunchId id = 10; id < 20; ++id) EXPECT_TRUE(submit(id));
  EXPECT_EQ(one.launches().size(), 10U);
  EXPECT_THAT(two.launches(), IsEmpty());
}

TEST_F(LaunchersTest, TheOnlyLauncherIsKept) {
  auto one = join(1);
  ASSERT_TRUE(submit(1));
  one.report(ReportKind::Failed, 1);
  turn();
  (void)take_events();
  pass(31s);
  EXPECT_THAT(take_events(), IsEmpty());
}

TEST_F(LaunchersTest, ALauncherOnItsWayOutIsNoReasonToWait) {
  auto one = join(1);
  auto two = join(2);
  ASSERT_TRUE(submit(1));
  ASSERT_TRUE(submit(2));
  const auto of_two = two.launches().at(0);
  two.report(ReportKind::Failed, of_two);
  one.report(ReportKind::Started, of_two == 1 ? 2 : 1);
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

TEST_F(LaunchersTest, TheLedgersOfAllAreRead) {
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
