// SPDX-License-Identifier: ISC
#include "spawn/zygotes.h"

#include "spawn/wire.h"
#include "tests/pure/spawn/zygotes_ring.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using Kind = Zygotes::Answer::Kind;
using std::chrono::seconds;

class ZygotesTest : public ZygotesRing {};

void obedient(int channel) {
  obey(channel);
}

// ---- serving ---------------------------------------------------------------------------------

TEST_F(ZygotesTest, TheFirstLaunchIsExecdAndTheNextOnesAreServedWarm) {
  begin(obedient);
  park();
  for (LaunchId id = 2; id < 12; ++id) {
    EXPECT_EQ(launch(id), Kind::Asked);
    expect_served(id);
  }
  EXPECT_EQ(spawner_->environments.size(), 1U);
  EXPECT_TRUE(told_.empty());
}

TEST_F(ZygotesTest, ManyLaunchesCanBeOnTheirWayAtOneTime) {
  begin(obedient);
  park();
  for (LaunchId id = 2; id < 42; ++id) EXPECT_EQ(launch(id), Kind::Asked);
  for (LaunchId id = 2; id < 42; ++id) expect_served(id);
}

TEST_F(ZygotesTest, AChildThatWaitsServesAtOnceAndIsReplaced) {
  begin(obedient, {.spares = 2});
  park();
  for (LaunchId id = 2; id < 12; ++id) {
    ASSERT_TRUE(eventually([&] { return collect(), is_parked(); }));
    EXPECT_EQ(launch(id), Kind::Serving);
    expect_served(id);
  }
}

TEST_F(ZygotesTest, WithoutAWaitingChildOneIsAskedFor) {
  begin(obedient, {.spares = 2});
  park();
  std::map<Kind, int> kinds;
  for (LaunchId id = 2; id < 7; ++id) ++kinds[launch(id)];
  EXPECT_EQ(kinds[Kind::Serving], 2);
  EXPECT_EQ(kinds[Kind::Asked], 3);
  for (LaunchId id = 2; id < 7; ++id) expect_served(id);
}

TEST_F(ZygotesTest, AWaitingChildThatIsKilledIsNotGivenAClient) {
  begin(obedient, {.spares = 1});
  park();
  const auto running = children();
  ASSERT_EQ(running.size(), 2U);  // the zygote, and the younger one that waits
  const auto spare = *running.rbegin();
  ::kill(spare, SIGKILL);
  ASSERT_TRUE(eventually([&] { return collect(), exits_.contains(spare); }));
  EXPECT_NE(launch(2), Kind::Exec);
  expect_served(2);
  EXPECT_TRUE(told_.empty());
}

TEST_F(ZygotesTest, TheZygoteHasRoomForTheVariablesAndTheLibrarysOwnStandLast) {
  begin(obedient);
  park();
  const auto& variables = spawner_->environments.at(0);
  ASSERT_GE(variables.size(), 10U);
  EXPECT_EQ(variables.back(), "LD_PRELOAD=" + library_);
  EXPECT_EQ(variables[variables.size() - 2], "LD_BIND_NOW=1");
  EXPECT_EQ(variables[variables.size() - 3], "UVINETD_ZYGOTE=main 0 " + std::string(build_id()));
  const auto& slot = variables[variables.size() - 4];
  EXPECT_THAT(slot, HasSubstr("REMOTE_PORT=...."));
  EXPECT_EQ(slot.size(), zygote::kSlotBytes - 1);
}

// ---- it does not park ------------------------------------------------------------------------

TEST_F(ZygotesTest, OneThatRefusesIsToldOfOnceAndNotTriedAgain) {
  begin([](int channel) {
    say_refused(channel, zygote::Fallback::Exec, "it has 3 threads");
    ::_exit(0);
  });
  ASSERT_EQ(launch(1), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), !told_.empty(); }));
  for (LaunchId id = 2; id < 8; ++id) EXPECT_EQ(launch(id), Kind::Exec);
  collect();
  EXPECT_THAT(told_, ElementsAre("it has 3 threads"));
  EXPECT_EQ(spawner_->environments.size(), 1U);
}

TEST_F(ZygotesTest, AProgramThatHasChangedIsTriedAgain) {
  begin([](int channel) {
    say_refused(channel, zygote::Fallback::Exec, "no");
    ::_exit(0);
  });
  ASSERT_EQ(launch(1), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), !told_.empty(); }));
  replace_program();
  EXPECT_EQ(launch(2), Kind::Exec);
  EXPECT_EQ(spawner_->environments.size(), 2U);
}

TEST_F(ZygotesTest, OneThatCannotParkAtItsFirstIoIsParkedAtMain) {
  begin(
      [this](int channel) {
        if (spawner_->environments.size() == 1) {
          say_refused(channel, zygote::Fallback::ParkMain, "it drew entropy");
          ::_exit(0);
        }
        obey(channel);
      },
      {.parks_at_io = true});
  ASSERT_EQ(launch(1), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), !told_.empty(); }));
  EXPECT_THAT(told_[0], HasSubstr("it drew entropy (parking it before main() instead)"));
  ASSERT_EQ(launch(2), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), is_parked(); }));
  EXPECT_EQ(launch(3), Kind::Asked);
  expect_served(3);
  ASSERT_EQ(spawner_->environments.size(), 2U);
  EXPECT_EQ(wish(0), "io 0");
  EXPECT_EQ(wish(1), "main 0");
}

TEST_F(ZygotesTest, OneThatParksAtMainThoughItWasToAtItsFirstIoIsToldOfOnceAndUsed) {
  begin(obedient, {.parks_at_io = true});
  park();
  EXPECT_THAT(told_, ElementsAre("its first touch of the connection cannot be seen on this system "
                                 "(parked before main() instead)"));
  EXPECT_EQ(launch(2), Kind::Asked);
  expect_served(2);
  use(kUsesAtIo);
  EXPECT_EQ(spawner_->environments.size(), 1U);  // it is used as often as one that is at main()
  replace_program();
  EXPECT_EQ(launch(900), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), is_parked(); }));
  EXPECT_EQ(wish(0), "io 0");
  EXPECT_EQ(wish(1), "io 0");  // another program may do what the first one did not
}

TEST_F(ZygotesTest, OneThatParksAtItsFirstIoIsUsedLessOftenByDefault) {
  begin([](int channel) { obey(channel, {}, zygote::Park::Io); }, {.parks_at_io = true});
  park();
  use(kUsesAtIo);
  EXPECT_EQ(spawner_->environments.size(), 1U);
  EXPECT_EQ(launch(900), Kind::Exec);
  EXPECT_EQ(spawner_->environments.size(), 2U);
  EXPECT_EQ(wish(1), "io 0");
  EXPECT_TRUE(told_.empty());
}

TEST_F(ZygotesTest, WhatFailsAtItsFirstIoIsParkedAtMainUntilTheProgramHasChanged) {
  begin(
      [this](int channel) {
        if (wish(spawner_->environments.size() - 1) == "main 0") obey(channel);
        say_refused(channel, zygote::Fallback::ParkMain, "it drew entropy");
        ::_exit(0);
      },
      {.parks_at_io = true, .uses = 1});
  ASSERT_EQ(launch(1), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), !told_.empty(); }));
  for (const LaunchId id : {2U, 4U}) {  // the one that is started anew knows what failed
    EXPECT_EQ(launch(id), Kind::Exec);
    ASSERT_TRUE(eventually([&] { return collect(), is_parked(); }));
    EXPECT_EQ(launch(id + 1), Kind::Asked);
    expect_served(id + 1);
  }
  replace_program();
  EXPECT_EQ(launch(6), Kind::Exec);
  EXPECT_EQ(wish(0), "io 0");
  EXPECT_EQ(wish(1), "main 0");
  EXPECT_EQ(wish(2), "main 0");
  EXPECT_EQ(wish(3), "io 0");
}

TEST_F(ZygotesTest, OneThatEndsBeforeItParksIsToldOf) {
  begin([](int) { ::_exit(3); });
  ASSERT_EQ(launch(1), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), !told_.empty(); }));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("it ended before it parked")));
}

TEST_F(ZygotesTest, OneThatIsKilledBeforeItParksIsTriedAgainAfterARest) {
  begin([](int) { ::pause(); });
  ASSERT_EQ(launch(1), Kind::Exec);
  for (const auto pid : children()) ::kill(pid, SIGKILL);
  ASSERT_TRUE(eventually([&] { return collect(), !told_.empty(); }));
  EXPECT_THAT(told_, ElementsAre("it ended before it parked (status signal:9)"));
  EXPECT_EQ(launch(2), Kind::Exec);
  EXPECT_EQ(spawner_->environments.size(), 1U);
  skipped_ = seconds(2);
  EXPECT_EQ(launch(3), Kind::Exec);
  EXPECT_EQ(spawner_->environments.size(), 2U);
}

TEST_F(ZygotesTest, OneThatClosesItsChannelIsHeardNoMore) {
  begin([](int channel) {
    ::close(channel);
    ::pause();
  });
  ASSERT_EQ(launch(1), Kind::Exec);
  EXPECT_TRUE(eventually([&] { return collect(), is_parked(); }));  // nothing of it wakes us
  EXPECT_TRUE(told_.empty());
  skipped_ = Zygotes::kParkDeadline + seconds(1);
  ASSERT_TRUE(eventually([&] { return collect(), !told_.empty(); }));
  EXPECT_THAT(told_, ElementsAre("it did not park in 10 seconds"));
}

TEST_F(ZygotesTest, OneThatNeverParksIsKilled) {
  begin([](int) { ::pause(); });
  ASSERT_EQ(launch(1), Kind::Exec);
  collect();
  EXPECT_TRUE(told_.empty());
  skipped_ = Zygotes::kParkDeadline + seconds(1);
  ASSERT_TRUE(eventually([&] { return collect(), !exits_.empty(); }));
  EXPECT_EQ(exits_.begin()->second, SIGKILL);
  EXPECT_THAT(told_, ElementsAre("it did not park in 10 seconds"));
}

TEST_F(ZygotesTest, WhatCannotBeStartedForNowIsTriedAgainAfterARest) {
  begin(obedient);
  spawner_->fails_with = EAGAIN;
  EXPECT_EQ(launch(1), Kind::Exec);
  EXPECT_EQ(launch(2), Kind::Exec);
  EXPECT_EQ(spawner_->environments.size(), 1U);
  spawner_->fails_with = 0;
  skipped_ = seconds(2);
  EXPECT_EQ(launch(3), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), is_parked(); }));
  EXPECT_EQ(launch(4), Kind::Asked);
  expect_served(4);
}

// ---- its end ---------------------------------------------------------------------------------

TEST_F(ZygotesTest, AfterItsDeathClientsAreExecdAndANewOneIsStartedInTime) {
  pid_t zygote = 0;
  begin(obedient);
  park();
  ASSERT_EQ(launch(2), Kind::Asked);
  expect_served(2);
  for (const auto pid : children()) zygote = pid;
  ASSERT_GT(zygote, 0);
  ::kill(zygote, SIGKILL);
  ASSERT_TRUE(eventually([&] { return collect(), exits_.contains(zygote); }));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("it was ended (status signal:9)")));
  EXPECT_EQ(launch(3), Kind::Exec);
  skipped_ = seconds(2);
  EXPECT_EQ(launch(4), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), is_parked(); }));
  EXPECT_EQ(launch(5), Kind::Asked);
  expect_served(5);
}

TEST_F(ZygotesTest, AZygoteThatDiesWithLaunchesGivesThemBack) {
  begin([](int channel) {
    say_parked(channel);
    for (int i = 0; i < 5; ++i) (void)receive_from(channel);
    ::_exit(1);
  });
  park();
  for (LaunchId id = 2; id < 7; ++id) EXPECT_EQ(launch(id), Kind::Asked);
  for (LaunchId id = 2; id < 7; ++id) expect_unborn(id);
}

TEST_F(ZygotesTest, AChildThatDiesBeforeItIsBornCostsARestAndNoClient) {
  begin([](int channel) {
    say_parked(channel);
    const auto fork = receive_from(channel);
    if (fork_sibling() == 0) ::_exit(1);
    ::close(fork.fd);
    ::pause();
  });
  park();
  ASSERT_EQ(launch(2), Kind::Asked);
  ASSERT_TRUE(eventually([&] { return collect(), !exits_.empty(); }));
  skipped_ = ZygoteProcess::kBirthDeadline + seconds(1);
  expect_unborn(2);
  EXPECT_EQ(launch(3), Kind::Exec);
  EXPECT_EQ(spawner_->environments.size(), 1U);
  skipped_ += seconds(2);
  EXPECT_EQ(launch(4), Kind::Exec);
  EXPECT_EQ(spawner_->environments.size(), 2U);
}

TEST_F(ZygotesTest, AfterEnoughServersItIsStartedAnew) {
  begin(obedient, {.uses = 3});
  park();
  for (LaunchId id = 2; id < 5; ++id) {
    EXPECT_EQ(launch(id), Kind::Asked);
    expect_served(id);
  }
  EXPECT_EQ(launch(5), Kind::Exec);
  EXPECT_EQ(spawner_->environments.size(), 2U);
  EXPECT_TRUE(told_.empty());
}

TEST_F(ZygotesTest, WhenItIsOldEnoughItIsStartedAnew) {
  begin(obedient, {.age_seconds = 60});
  park();
  skipped_ = seconds(59);
  EXPECT_EQ(launch(2), Kind::Asked);
  expect_served(2);
  skipped_ = seconds(61);
  EXPECT_EQ(launch(3), Kind::Exec);
  EXPECT_EQ(spawner_->environments.size(), 2U);
}

TEST_F(ZygotesTest, AProgramOrLibraryThatIsReplacedIsNoLongerForked) {
  const auto mapped = directory_ / "mapped.so";
  std::ofstream(mapped) << "old";
  begin([&](int channel) { obey(channel, {mapped}); });
  park();
  EXPECT_EQ(launch(2), Kind::Asked);
  expect_served(2);
  std::ofstream(directory_ / "new") << "newer";
  std::filesystem::rename(directory_ / "new", mapped);
  skipped_ = seconds(2);
  EXPECT_EQ(launch(3), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), is_parked(); }));
  EXPECT_EQ(launch(4), Kind::Asked);
  expect_served(4);
  replace_program();
  EXPECT_EQ(launch(5), Kind::Exec);
  EXPECT_EQ(spawner_->environments.size(), 3U);
}

TEST_F(ZygotesTest, OnlyWhatIsTheSameAfterAReloadIsKept) {
  begin(obedient);
  park();
  zygotes_->keep_if([](std::uint32_t) { return true; });
  EXPECT_EQ(launch(2), Kind::Asked);
  zygotes_->keep_if([](std::uint32_t) { return false; });
  expect_served(2);  // it had been asked for
  ASSERT_TRUE(eventually([&] { return collect(), exits_.size() == 2; }));
  EXPECT_EQ(launch(3), Kind::Exec);
  EXPECT_EQ(spawner_->environments.size(), 2U);
}

}  // namespace
}  // namespace uvinetd
