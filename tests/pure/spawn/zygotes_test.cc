// SPDX-License-Identifier: ISC
#include "spawn/zygotes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "core/base/clock.h"
#include "spawn/reaper.h"
#include "tests/pure/spawn/eventually.h"
#include "tests/pure/spawn/scripted_zygote.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using Kind = Zygotes::Answer::Kind;
using std::chrono::seconds;

class ZygotesTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::temp_directory_path() / ("zygotes-test-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory_);
    program_ = directory_ / "server";
    library_ = directory_ / "library.so";
    std::filesystem::copy_file("/bin/true", program_,
                               std::filesystem::copy_options::overwrite_existing);
    std::ofstream(library_) << "x";
  }
  void TearDown() override {
    zygotes_.reset();
    std::filesystem::remove_all(directory_);
    for (const auto pid : children()) ::kill(pid, SIGKILL);
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
  }

  // A service whose zygotes do as the script says.
  void begin(ScriptedSpawner::Script script, WarmStart warm = {}) {
    spawner_.emplace(std::move(script));
    TableService service;
    service.key = 5;
    service.socket_type = SOCK_STREAM;
    service.program = program_;
    service.argv = {"server"};
    warm.is_wanted = true;
    service.warm.edit() = warm;
    plan_.emplace(service, TableIdentity{});
    Zygotes::Callbacks callbacks;
    callbacks.is_server = [this](pid_t pid) {
      return std::any_of(born_.begin(), born_.end(),
                         [&](const auto& each) { return each.second == pid; }) &&
             !exits_.contains(pid);
    };
    callbacks.on_born = [this](const WarmLaunch& launch, pid_t pid) {
      born_.emplace(launch.launch.id, pid);
    };
    callbacks.on_unborn = [this](WarmLaunch launch) { unborn_.push_back(std::move(launch)); };
    callbacks.on_cold = [this](std::uint32_t key, std::string reason) {
      EXPECT_EQ(key, 5U);
      told_.push_back(std::move(reason));
    };
    zygotes_.emplace(*spawner_, library_, std::move(callbacks));
  }

  // The answer, and in `clients_` the other end of the connection.
  Kind launch(LaunchId id) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    clients_[id] = UniqueFd(ends[0]);
    WarmLaunch warm{Launch{id, 5, 1}, 0, UniqueFd(ends[1]), false};
    ConnectionEnvironment connection;
    connection.set(SOCK_STREAM, *SocketAddress::parse_ip("127.0.0.1", 79),
                   *SocketAddress::parse_ip("192.0.2.7", static_cast<std::uint16_t>(1000 + id)));
    const auto answer = zygotes_->serve(*plan_, warm, connection, AF_UNIX, now());
    if (answer.kind == Kind::Serving) born_.emplace(id, answer.pid);
    EXPECT_EQ(warm.connection.is_open(), answer.kind != Kind::Asked);
    return answer.kind;
  }
  // Exec'd as the first one is, and the zygote it has started is parked.
  void park() {
    ASSERT_EQ(launch(1), Kind::Exec);
    ASSERT_TRUE(eventually([&] { return collect(), is_parked(); }));
  }
  // By what a launch gets: true once it is not Exec.
  bool is_parked() {
    std::vector<int> fds;
    std::optional<std::chrono::nanoseconds> until;
    zygotes_->wakers(fds, until, now() + seconds(1));
    return fds.empty();  // neither does one start nor is a child on its way
  }
  void collect() {
    zygotes_->collect(now());
    while (const auto exit = reap_one()) {
      exits_.emplace(exit->pid, exit->status);
      zygotes_->collect(now(), exit->pid);
      (void)zygotes_->on_exit(exit->pid, exit->status, now());
    }
  }
  [[nodiscard]] std::chrono::nanoseconds now() const { return monotonic_now() + skipped_; }

  // By age, as far as pids tell it.
  [[nodiscard]] static std::set<pid_t> children() {
    std::set<pid_t> out;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream list(each.path() / "children");
      for (pid_t pid = 0; list >> pid;) out.insert(pid);
    }
    return out;
  }

  std::string read_all(LaunchId id) {
    std::string out;
    char byte = 0;
    while (::read(clients_[id].get(), &byte, 1) == 1) out += byte;
    return out;
  }
  // The client of this launch is served, by a child of this process that is known and is reaped.
  void expect_served(LaunchId id) {
    EXPECT_THAT(read_all(id), HasSubstr("TCPREMOTEPORT=" + std::to_string(1000 + id) + "\n"));
    EXPECT_TRUE(eventually([&] { return collect(), born_.contains(id); })) << id;
    EXPECT_TRUE(eventually([&] { return collect(), exits_.contains(born_[id]); })) << id;
    EXPECT_EQ(exits_[born_[id]], 7 << 8);
  }
  void expect_unborn(LaunchId id) {
    const auto has_come_back = [&] {
      collect();
      return std::any_of(unborn_.begin(), unborn_.end(), [&](const WarmLaunch& warm) {
        return warm.launch.id == id && warm.connection.is_open();
      });
    };
    EXPECT_TRUE(eventually(has_come_back)) << id;
    EXPECT_FALSE(born_.contains(id));
  }

  std::filesystem::path directory_;
  std::string program_;
  std::string library_;
  std::optional<ScriptedSpawner> spawner_;
  std::optional<LaunchPlan> plan_;
  std::optional<Zygotes> zygotes_;
  std::chrono::nanoseconds skipped_{0};
  std::map<LaunchId, UniqueFd> clients_;
  std::map<LaunchId, pid_t> born_;
  std::map<pid_t, int> exits_;
  std::vector<WarmLaunch> unborn_;
  std::vector<std::string> told_;
};

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
  EXPECT_EQ(variables[variables.size() - 3], "UVINETD_ZYGOTE=main 0");
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
  std::filesystem::copy_file("/bin/false", directory_ / "new");
  std::filesystem::rename(directory_ / "new", program_);
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
  EXPECT_THAT(spawner_->environments[0], testing::Contains("UVINETD_ZYGOTE=io 0"));
  EXPECT_THAT(spawner_->environments[1], testing::Contains("UVINETD_ZYGOTE=main 0"));
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
  std::filesystem::copy_file("/bin/false", directory_ / "new");
  std::filesystem::rename(directory_ / "new", program_);
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

// ---- hostile ones ----------------------------------------------------------------------------

struct Hostile {
  const char* name;
  ScriptedSpawner::Script script;
  const char* told;
  bool is_silent = false;  // nothing is heard of it until the birth deadline
};

class HostileZygotesTest : public ZygotesTest, public testing::WithParamInterface<Hostile> {};

// Each parks, or says that it does; every client comes back to be exec'd, and none is served twice.
TEST_P(HostileZygotesTest, CostsNoClientAnything) {
  begin(GetParam().script);
  ASSERT_EQ(launch(1), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), is_parked(); }));
  std::vector<LaunchId> asked;
  for (LaunchId id = 2; id < 5; ++id) {
    if (launch(id) == Kind::Asked) asked.push_back(id);
  }
  if (GetParam().is_silent) skipped_ = ZygoteProcess::kBirthDeadline + seconds(1);
  for (const auto id : asked) expect_unborn(id);
  ASSERT_TRUE(eventually([&] { return collect(), !told_.empty(); }));
  EXPECT_THAT(told_[0], HasSubstr(GetParam().told));
  EXPECT_EQ(launch(9), Kind::Exec);
  EXPECT_TRUE(born_.empty());
}

void answer_forks(int channel, const std::function<void(int pair)>& answer) {
  say_parked(channel);
  std::vector<int> kept;
  for (;;) {
    const auto fork = receive_from(channel);
    if (fork.bytes.empty()) ::_exit(0);
    answer(fork.fd);
  }
}

// Of the other end; takes nothing off the pair.
void wait_for_end(int pair) {
  pollfd entry{pair, 0, 0};
  (void)::poll(&entry, 1, -1);
}

const Hostile kHostile[] = {
    {"SaysNonsense", [](int channel) { say(channel, std::uint64_t{42}), ::pause(); },
     "it says what no zygote says"},
    {"NamesNoPaths", [](int channel) { say_parked(channel, {"relative"}), ::pause(); },
     "it says what no zygote says"},
    {"CountsFilesBadly",
     [](int channel) {
       zygote::Parked parked;
       parked.files = 4'000'000'000;
       say(channel, parked, "/a");
       ::pause();
     },
     "it says what no zygote says"},
    {"SendsTooMuch",
     [](int channel) {
       const std::string much(100'000, '/');
       ::send(channel, much.data(), much.size(), MSG_NOSIGNAL);
       ::pause();
     },
     "it says what no zygote says"},
    {"LetsAnotherSpeak",
     [](int channel) {
       if (::fork() == 0) say_parked(channel), ::_exit(0);
       ::pause();
     },
     "it says what no zygote says"},
    {"NeverAnswers", [](int channel) { answer_forks(channel, [](int) {}); },
     "a child of it did not say that it is there", true},
    {"IsBornItself", [](int channel) { answer_forks(channel, [](int pair) { say_born(pair); }); },
     "a child of it says what no child says"},
    {"BearsNonsense",
     [](int channel) {
       answer_forks(channel, [](int pair) {
         if (fork_sibling() == 0) say(pair, std::uint64_t{42}), ::pause();
       });
     },
     "a child of it says what no child says"},
    {"BearsItsOwnChildren",
     [](int channel) {
       answer_forks(channel, [](int pair) {
         if (::fork() == 0) say_born(pair), wait_for_end(pair), ::_exit(0);
       });
     },
     "a child of it says what no child says"},
};
INSTANTIATE_TEST_SUITE_P(Each, HostileZygotesTest, testing::ValuesIn(kHostile),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_F(ZygotesTest, AFloodIsNotRead) {
  begin([](int channel) {
    say_parked(channel);
    while (say_born(channel)) {
    }
    ::pause();
  });
  park();
  for (LaunchId id = 2; id < 5; ++id) EXPECT_EQ(launch(id), Kind::Asked);
  collect();
  EXPECT_TRUE(told_.empty());
  skipped_ = ZygoteProcess::kBirthDeadline + seconds(1);
  for (LaunchId id = 2; id < 5; ++id) expect_unborn(id);
}

}  // namespace
}  // namespace uvinetd
