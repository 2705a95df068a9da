// SPDX-License-Identifier: ISC
// The clone spawner on kernels and in sandboxes that lack what it would like best.
#include "spawn/clone_spawner.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string>

#include "tests/pure/base/in_child.h"

namespace uvinetd {
namespace {

// From here on clone3(2) fails with `code`, as by a container's filter or an old kernel.
bool forbid_clone3(int code) {
  const auto load_number = static_cast<std::uint32_t>(offsetof(seccomp_data, nr));
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, load_number),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(code)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{4, rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

void on_signal(int) {}

// Starts `script` with a handler in place, and returns what it says.
std::string say(Spawner& spawner, std::string script) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return "no socket";
  std::string shell = "/bin/sh", option = "-c";
  char* argv[] = {shell.data(), option.data(), script.data(), nullptr};
  char* none[] = {nullptr};
  SpawnRequest request;
  request.program = argv[0];
  request.argv = argv;
  request.environment = none;
  request.connection = ends[1];
  const auto pid = spawner.spawn(request);
  close(ends[1]);
  if (!pid) return pid.error().text();
  char said[256] = "";
  if (read(ends[0], said, sizeof said - 1) < 0) return "no answer";
  close(ends[0]);
  waitpid(*pid, nullptr, 0);
  return said;
}

int start_twice_without_clone3(int code) {
  signal(SIGUSR1, on_signal);
  signal(SIGUSR2, SIG_IGN);
  auto spawner = make_clone_spawner();
  if (!spawner) return 1;
  if (!forbid_clone3(code)) return 77;
  sigset_t before, after;
  sigprocmask(SIG_BLOCK, nullptr, &before);
  for (int i = 0; i < 2; ++i) {
    if (say(**spawner, "kill -USR1 $$; echo deaf") != "") return 2;  // at its default: it died
    if (say(**spawner, "kill -USR2 $$; echo deaf") != "") return 3;
    if (say(**spawner, "echo hello") != "hello\n") return 4;
  }
  sigprocmask(SIG_BLOCK, nullptr, &after);
  return sigismember(&before, SIGTERM) == sigismember(&after, SIGTERM) ? 0 : 5;
}

TEST(CloneSpawner, WithoutClone3ItUsesClone) {
  for (const int code : {ENOSYS, EPERM, EINVAL, E2BIG}) {
    const int status = test::in_child([code] { return start_twice_without_clone3(code); });
    if (status == 77) GTEST_SKIP() << "no system call filters here";
    EXPECT_EQ(status, 0) << code;
  }
}

TEST(CloneSpawner, AFailedCloneIsToldAsSuch) {
  const int status = test::in_child([] {
    auto spawner = make_clone_spawner();
    if (!spawner) return 1;
    if (!forbid_clone3(EAGAIN)) return 77;
    return say(**spawner, "echo hello").starts_with("clone: ") ? 0 : 2;
  });
  if (status == 77) GTEST_SKIP() << "no system call filters here";
  EXPECT_EQ(status, 0);
}

TEST(CloneSpawner, ALargeArgumentListNeedsNoMoreStack) {
  auto spawner = make_clone_spawner();
  ASSERT_TRUE(spawner);
  EXPECT_EQ(say(**spawner, "echo hello #" + std::string(100'000, 'x')), "hello\n");
  EXPECT_EQ(say(**spawner, "#" + std::string(10'000'000, 'x')), "execve: Argument list too long");
}

}  // namespace
}  // namespace uvinetd
