// SPDX-License-Identifier: ISC
#include "spawn/reaper.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/pure/base/in_child.h"
#include "tests/pure/spawn/eventually.h"

namespace uvinetd {
namespace {

using test::eventually;

// The child's exit, waited for.
std::optional<Exit> reap_soon() {
  std::optional<Exit> exit;
  eventually([&] { return (exit = reap_one()).has_value(); });
  return exit;
}

TEST(Reaper, HasNothingToReapWithoutChildren) {
  EXPECT_FALSE(reap_one());
}

TEST(Reaper, DoesNotWaitForAChildThatRuns) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    char byte = 0;
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) == 0 ? 7 : 1);
  }
  close(ends[0]);
  EXPECT_FALSE(reap_one());
  close(ends[1]);
  const auto exit = reap_soon();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->pid, pid);
  EXPECT_EQ(status_text(exit->status), "7");
  EXPECT_FALSE(reap_one());
}

TEST(Reaper, TellsWhatTheChildUsed) {
  const pid_t pid = fork();
  if (pid == 0) {
    timespec used{};
    do {
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    } while (used.tv_sec == 0 && used.tv_nsec < 30'000'000);
    _exit(0);
  }
  const auto exit = reap_soon();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->pid, pid);
  EXPECT_GE(exit->user_usec + exit->system_usec, 20'000);
  EXPECT_GT(exit->max_rss_kib, 0);
}

TEST(Reaper, NamesASignal) {
  if (fork() == 0) {
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM);
    _exit(0);
  }
  const auto exit = reap_soon();
  ASSERT_TRUE(exit);
  EXPECT_EQ(status_text(exit->status), "signal:15");
}

TEST(Reaper, StatusesHaveTheirText) {
  EXPECT_EQ(status_text(0), "0");
  EXPECT_EQ(status_text(3 << 8), "3");
  EXPECT_EQ(status_text(255 << 8), "255");
  EXPECT_EQ(status_text(SIGKILL), "signal:9");
  EXPECT_EQ(status_text(SIGSEGV | 0x80), "signal:11");  // with a core
  EXPECT_EQ(status_text(kUnknownStatus), "unknown");
}

TEST(Reaper, ASessionLivesWhileAChildOfItsLeaderDoes) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t leader = fork();
  if (leader == 0) {
    setsid();
    close(ends[1]);
    if (fork() == 0) {
      char byte = 0;
      _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    _exit(0);
  }
  close(ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(leader, &status, 0), leader);
  EXPECT_TRUE(session_lives(leader));
  close(ends[1]);
  EXPECT_TRUE(eventually([&] { return !session_lives(leader); }));
}

TEST(Reaper, ASessionOfNobodyDoesNotLive) {
  const pid_t leader = fork();
  if (leader == 0) {
    setsid();
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(leader, &status, 0), leader);
  EXPECT_FALSE(session_lives(leader));
}

#ifdef __linux__
TEST(Reaper, ASubreaperGetsTheOrphansOfItsChildren) {
  EXPECT_EQ(test::in_child([] {
              if (!become_subreaper()) return 1;
              const pid_t parent = fork();
              if (parent == 0) {
                if (fork() == 0) _exit(5);
                _exit(4);
              }
              int orphans = 0;
              if (!eventually([&] {
                    while (const auto exit = reap_one()) {
                      if (exit->pid != parent && exit->status == 5 << 8) ++orphans;
                    }
                    return orphans == 1;
                  }))
                return 2;
              return 0;
            }),
            0);
}
#endif

}  // namespace
}  // namespace uvinetd
