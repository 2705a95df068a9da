// SPDX-License-Identifier: ISC
// Zygotes that do what none does cost their own service its warm starts, and nobody else anything.
#include <poll.h>
#include <sys/mman.h>

#include "spawn/zygotes.h"
#include "tests/pure/spawn/zygotes_ring.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using Kind = Zygotes::Answer::Kind;
using std::chrono::seconds;

struct Hostile {
  const char* name;
  ScriptedSpawner::Script script;
  const char* told;
  bool is_silent = false;  // nothing is heard of it until the birth deadline
};

class HostileZygotesTest : public ZygotesRing, public testing::WithParamInterface<Hostile> {};

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

// ---- a zygote of root, which may have the kernel tell any pid --------------------------------

class ForgedBirthTest : public ZygotesRing {
 protected:
  void SetUp() override {
    ZygotesRing::SetUp();
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    const UniqueFd ours(ends[0]);
    const UniqueFd theirs(ends[1]);
    if (!say_born_as(ours.get(), 1)) GTEST_SKIP() << "it takes root to claim another pid";
  }

  // A zygote that says of each child that it is the process which `claim_` names; without a claim
  // it is a good one, whose children serve for ever.
  void begin_forging() {
    claim_ = static_cast<pid_t*>(
        ::mmap(nullptr, sizeof *claim_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(claim_, MAP_FAILED);
    begin([this](int channel) {
      say_parked(channel);
      for (;;) {
        const auto fork = receive_from(channel);
        if (fork.bytes.empty()) ::_exit(0);
        if (*claim_ != 0) {
          say_born_as(fork.fd, *claim_);
        } else if (fork_sibling() == 0) {
          say_born(fork.fd);
          ::pause();
        }
      }
    });
    park();
  }
  void TearDown() override {
    ZygotesRing::TearDown();
    if (claim_ != nullptr) ::munmap(claim_, sizeof *claim_);
  }
  // The client comes back, and what has been forged is told.
  void expect_refused(pid_t claimed) {
    *claim_ = claimed;
    ASSERT_EQ(launch(3), Kind::Asked);
    expect_unborn(3);
    EXPECT_THAT(told_, ElementsAre("a child of it says what no child says"));
    EXPECT_EQ(launch(4), Kind::Exec);
  }

  pid_t* claim_ = nullptr;
};

TEST_F(ForgedBirthTest, OfAStrangerIsRefused) {
  begin_forging();
  expect_refused(1);
}

TEST_F(ForgedBirthTest, OfTheLauncherItselfIsRefused) {
  begin_forging();
  expect_refused(::getpid());
}

TEST_F(ForgedBirthTest, OfTheZygoteIsRefused) {
  begin_forging();
  expect_refused(*children().begin());
}

TEST_F(ForgedBirthTest, OfAServerIsRefused) {
  begin_forging();
  ASSERT_EQ(launch(2), Kind::Asked);
  ASSERT_TRUE(eventually([&] { return collect(), born_.contains(2); }));
  expect_refused(born_[2]);
}

TEST_F(ForgedBirthTest, OfAnotherZygoteIsRefused) {
  begin_forging();
  ASSERT_EQ(launch(90, AF_INET), Kind::Exec);
  ASSERT_TRUE(eventually([&] { return collect(), is_parked(); }));
  const auto both = children();
  ASSERT_EQ(both.size(), 2U);
  expect_refused(*both.rbegin());
}

class FloodingZygotesTest : public ZygotesRing {};

TEST_F(FloodingZygotesTest, AreNotRead) {
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
