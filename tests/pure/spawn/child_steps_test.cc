// SPDX-License-Identifier: ISC
// What a server finds of the steps that its process took before the exec, with every spawner.
#include "spawn/child_steps.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/unique_fd.h"
#include "spawn/settings/identity_box.h"
#include "spawn/spawner_choice.h"
#include "tests/pure/spawn/each_spawner.h"

#if defined(__linux__) && !defined(UVINETD_PORTABLE_BUILD)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <cstring>
#endif

namespace uvinetd {
namespace {

class ChildStepsTest : public testing::TestWithParam<SpawnerKind> {
 protected:
  ChildStepsTest() : spawner_(std::move(*make_spawner(GetParam()))) {}

  // What the program says; then it has ended. On failure `error` is set.
  std::string say(std::vector<std::string> words, std::vector<std::string> variables = {}) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    std::vector<char*> argv, environment;
    for (auto& word : words) argv.push_back(word.data());
    for (auto& variable : variables) environment.push_back(variable.data());
    argv.push_back(nullptr);
    environment.push_back(nullptr);
    SpawnRequest request;
    request.program = argv[0];
    request.argv = argv.data();
    request.environment = environment.data();
    request.connection = theirs.get();
    request.steps.box = &box;
    if (!variables.empty())
      request.steps.own_pid = &variables.back()[variables.back().find('=') + 1];
    const auto pid = spawner_->spawn(request);
    theirs.reset();
    if (!pid) {
      error = pid.error();
      EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
      return {};
    }
    std::string out;
    char part[4096];
    ssize_t size = 0;
    while ((size = read(ours.get(), part, sizeof part)) > 0) {
      out.append(part, static_cast<std::size_t>(size));
    }
    EXPECT_EQ(waitpid(*pid, nullptr, 0), *pid);
    last = *pid;
    return out;
  }
  std::string shell(const std::string& script, std::vector<std::string> variables = {}) {
    return say({"/bin/sh", "-c", script}, std::move(variables));
  }

  BoxSettings box;
  Error error{"", "", 0};
  pid_t last = 0;

 private:
  std::unique_ptr<Spawner> spawner_;
};
INSTANTIATE_TEST_SUITE_P(Each, ChildStepsTest, test::each_spawner(), test::spawner_name);

TEST_P(ChildStepsTest, TheServerIsAsNiceAsItIsToBe) {
  box.nice = getpriority(PRIO_PROCESS, 0) + 3;
  EXPECT_EQ(shell("cut -d' ' -f19 /proc/$$/stat"), std::to_string(*box.nice) + "\n");
}

TEST_P(ChildStepsTest, LimitsAreItsOwn) {
  rlimit before{};
  getrlimit(RLIMIT_CORE, &before);
  box.limits = {{RLIMIT_NOFILE, 77, 77}, {RLIMIT_CORE, 0, 0}};
  EXPECT_EQ(shell("ulimit -n; ulimit -c"), "77\n0\n");
  rlimit after{};
  getrlimit(RLIMIT_CORE, &after);
  EXPECT_EQ(before.rlim_max, after.rlim_max);
}

TEST_P(ChildStepsTest, ItsOwnPidStandsInItsEnvironment) {
  const auto said = shell("echo $MINE $$", {"MINE=" + std::string(kPidDigits, '.')});
  EXPECT_EQ(said, std::to_string(last) + " " + std::to_string(last) + "\n");
}

TEST_P(ChildStepsTest, AStepThatFailsIsNamedAndNothingRuns) {
  box.limits = {{RLIMIT_NOFILE, 10, 5}};
  EXPECT_EQ(shell("echo ran"), "");
  EXPECT_STREQ(error.op, "setrlimit");
  EXPECT_EQ(error.code, EINVAL);
  EXPECT_TRUE(is_child_step(error.op));
  box = {};
  EXPECT_EQ(shell("echo ran"), "ran\n");  // the next one is started as ever
}

TEST_P(ChildStepsTest, AProgramThatIsNotThereIsNoStepOfABox) {
  box.nice = 19;
  EXPECT_EQ(say({"/nonexistent/program"}), "");
  EXPECT_STREQ(error.op, "execve");
  EXPECT_EQ(error.code, ENOENT);
  EXPECT_FALSE(is_child_step(error.op));
}

#if defined(__linux__) && !defined(UVINETD_PORTABLE_BUILD)
void filter_call(BoxSettings& box, unsigned call) {
  const sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  for (const auto& rule : rules) {
    std::uint64_t packed = 0;
    std::memcpy(&packed, &rule, sizeof packed);
    box.call_filter.push_back(packed);
  }
}

TEST_P(ChildStepsTest, NoNewPrivilegesAndTheFilterHoldInTheServer) {
  box.no_new_privs = true;
  EXPECT_EQ(shell("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status"),
            "NoNewPrivs:\t1\nSeccomp:\t0\n");
  box.no_new_privs = false;
  filter_call(box, SYS_setpriority);
  EXPECT_EQ(shell("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status"),
            "NoNewPrivs:\t1\nSeccomp:\t2\n");
}

// The child could not even write(2) it.
TEST_P(ChildStepsTest, AFailureBehindTheFilterIsTold) {
  filter_call(box, SYS_execve);
  EXPECT_EQ(shell("echo ran"), "");
  EXPECT_STREQ(error.op, "execve");
  EXPECT_EQ(error.code, EXDEV);
}

TEST_P(ChildStepsTest, OnlyTheGivenPathsCanBeRead) {
  if (syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) < 1) GTEST_SKIP() << "no Landlock here";
  constexpr std::uint64_t kExecute = 1, kReadFile = 4, kReadDirectory = 8;
  box.path_rights = kExecute | kReadFile | kReadDirectory;
  for (const char* path : {"/bin", "/usr", "/lib", "/lib64"}) {
    if (access(path, F_OK) == 0) box.paths.push_back({path, box.path_rights});
  }
  box.paths.push_back({"/etc/group", box.path_rights});  // a file: what it cannot have is left out
  EXPECT_EQ(shell("{ read x < /etc/group && echo group; read y < /etc/passwd || echo none; } 2>&-"),
            "group\nnone\n");
  box.paths.push_back({"/nonexistent", kReadFile});
  EXPECT_EQ(shell("echo ran"), "");
  EXPECT_STREQ(error.op, "landlock");
  EXPECT_EQ(error.code, ENOENT);
}

TEST_P(ChildStepsTest, AGroupThatCannotBeJoinedEndsTheStart) {
  box.joins_group = true;
  EXPECT_EQ(shell("echo ran"), "");
  EXPECT_STREQ(error.op, "cgroup");
  EXPECT_EQ(error.code, EBADF);
}
#else
TEST_P(ChildStepsTest, WhatTheSystemLacksEndsTheStart) {
  box.no_new_privs = true;
  EXPECT_EQ(shell("echo ran"), "");
  EXPECT_STREQ(error.op, "no_new_privs");
  EXPECT_EQ(error.code, ENOSYS);
}
#endif

TEST(BoxSettings, SurviveTheTable) {
  BoxSettings box;
  box.nice = -3;
  box.io_priority = 0x6000;
  box.limits = {{RLIMIT_CORE, 0, 1}, {RLIMIT_NOFILE, 5, RLIM_INFINITY}};
  box.joins_group = true;
  box.path_rights = 15;
  box.paths = {{"/a", 1}, {"/b", 2}};
  box.call_filter = {1, 2, 3};
  Writer out;
  put(out, box);
  Reader in(out.bytes());
  BoxSettings back;
  get(in, back);
  EXPECT_TRUE(in.is_at_end());
  EXPECT_EQ(back, box);
  for (std::size_t size = 0; size < out.size(); ++size) {
    Reader cut(std::string_view(out.bytes()).substr(0, size));
    BoxSettings some;
    get(cut, some);
    EXPECT_FALSE(cut.is_good()) << size;
  }
}

TEST(IdentityBox, SurvivesTheTable) {
  IdentityBox box;
  box.root = "/srv";
  box.private_tmp = box.no_new_privs = true;
  box.read_only_paths = {"/"};
  box.inaccessible_paths = {"/home", "/root"};
  box.bounding = 0;
  box.ambient = std::uint64_t{1} << 40;
  box.nice = -20;
  box.io_priority = 0x2000;
  box.ceilings = {{RLIMIT_NOFILE, 9, 9}};
  box.group = {"/sys/fs/cgroup", "a/b", {"pids"}, {{"pids.max", "9"}}};
  Writer out;
  put(out, box);
  Reader in(out.bytes());
  IdentityBox back;
  get(in, back);
  EXPECT_TRUE(in.is_at_end());
  EXPECT_EQ(back, box);
  for (std::size_t size = 0; size < out.size(); ++size) {
    Reader cut(std::string_view(out.bytes()).substr(0, size));
    IdentityBox some;
    get(cut, some);
    EXPECT_FALSE(cut.is_good()) << size;
  }
}

}  // namespace
}  // namespace uvinetd
