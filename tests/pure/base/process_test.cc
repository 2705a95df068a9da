// SPDX-License-Identifier: ISC
#include "core/base/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <fstream>
#include <string>

#include "core/base/unique_fd.h"
#include "tests/pure/base/in_child.h"

namespace uvinetd {
namespace {

bool is_ignored(int number) {
  struct sigaction action {};
  ::sigaction(number, nullptr, &action);
  return action.sa_handler == SIG_IGN;
}

TEST(Process, IgnoresTheSignalsOfAnOperatorButNotTerm) {
  EXPECT_EQ(test::in_child([] {
              ignore_operator_signals();
              for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE})
                if (!is_ignored(number)) return number;
              return is_ignored(SIGTERM) ? 1 : 0;
            }),
            0);
}

TEST(Process, BlocksAllSignalsOnlyInItsScope) {
  sigset_t mask;
  {
    const SignalsBlocked blocked;
    ::sigprocmask(SIG_BLOCK, nullptr, &mask);
    EXPECT_EQ(::sigismember(&mask, SIGTERM), 1);
    EXPECT_EQ(::sigismember(&mask, SIGCHLD), 1);
  }
  ::sigprocmask(SIG_BLOCK, nullptr, &mask);
  EXPECT_EQ(::sigismember(&mask, SIGTERM), 0);
}

int raise_from(rlim_t soft, rlim_t hard, rlim_t wanted, rlim_t expected) {
  const rlimit start{soft, hard};
  if (::setrlimit(RLIMIT_NOFILE, &start) != 0) return 1;
  if (!raise_descriptor_limit(wanted)) return 2;
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  if (now.rlim_cur != expected) return 3;
  if (!raise_descriptor_limit(1)) return 4;
  ::getrlimit(RLIMIT_NOFILE, &now);
  if (now.rlim_cur != expected) return 5;
  return original_descriptor_limit().rlim_cur == soft ? 0 : 6;
}

TEST(Process, RaisesTheSoftLimitAndRemembersTheOriginal) {
  EXPECT_EQ(test::in_child([] { return raise_from(64, 512, 256, 256); }), 0);
}

TEST(Process, GoesAsFarAsTheHardLimitOrBeyondItWithPrivilege) {
  const bool may_go_beyond =
      test::in_child([] {
        const rlimit low{64, 512}, high{64, 600};
        return ::setrlimit(RLIMIT_NOFILE, &low) == 0 && ::setrlimit(RLIMIT_NOFILE, &high) == 0;
      }) == 1;
  const rlim_t expected = may_go_beyond ? 600 : 512;
  EXPECT_EQ(test::in_child([=] { return raise_from(64, 512, 600, expected); }), 0);
}

TEST(Process, AWishBeyondTheSystemsCeilingTakesTheHardLimit) {
  EXPECT_EQ(test::in_child([] { return raise_from(64, 512, RLIM_INFINITY, 512); }), 0);
}

TEST(Process, SetsTheFlagsOfADescriptorAndNoOthers) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  ASSERT_TRUE(set_cloexec(reader.get()));
  EXPECT_EQ(::fcntl(reader.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::fcntl(writer.get(), F_GETFD), 0);
  ASSERT_TRUE(set_nonblocking(reader.get(), true));
  EXPECT_NE(::fcntl(reader.get(), F_GETFL) & O_NONBLOCK, 0);
  ASSERT_TRUE(set_nonblocking(reader.get(), false));
  EXPECT_EQ(::fcntl(reader.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_FALSE(set_cloexec(-1));
  EXPECT_FALSE(set_nonblocking(-1, true));
}

#ifdef __linux__
TEST(Process, TakesAShortName) {
  EXPECT_EQ(test::in_child([] {
              set_process_title("uvi-reactor");
              std::string name;
              std::ifstream("/proc/self/comm") >> name;
              return name == "uvi-reactor" ? 0 : 1;
            }),
            0);
}

TEST(Process, CanBeMadeNonDumpableAndDumpableAgain) {
  EXPECT_EQ(test::in_child([] {
              set_dumpable(false);
              if (::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return 1;
              set_dumpable(true);
              return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1 ? 0 : 2;
            }),
            0);
}
#endif

}  // namespace
}  // namespace uvinetd
