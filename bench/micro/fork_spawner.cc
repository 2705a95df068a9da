// SPDX-License-Identifier: ISC
#include "bench/micro/fork_spawner.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/base/process.h"
#include "core/base/unique_fd.h"

namespace uvinetd::bench {
namespace {

// Returns only when a step has failed.
void become_server(const SpawnRequest& request) {
  if (setsid() < 0) return;
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  for (int fd = 0; fd <= 2; ++fd) {
    if (dup2(request.connection, fd) < 0) return;
  }
  if (request.working_directory != nullptr && chdir(request.working_directory) != 0) return;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(request.program, request.argv, request.environment);
}

// 0 once the exec has closed the other end, or the errno that came through.
int await_exec(int fd) {
  int code = 0;
  ssize_t size = 0;
  do {
    size = read(fd, &code, sizeof code);
  } while (size < 0 && errno == EINTR);
  return size == 0 ? 0 : code;
}

}  // namespace

Result<pid_t> ForkSpawner::spawn(const SpawnRequest& request) noexcept {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe");
  const UniqueFd told(ends[0]);
  UniqueFd teller(ends[1]);
  pid_t pid = -1;
  {
    const SignalsBlocked blocked;  // no handler of ours may run in the child
    pid = fork();
    if (pid == 0) {
      become_server(request);
      const int code = errno;
      (void)!write(teller.get(), &code, sizeof code);
      _exit(127);
    }
  }
  if (pid < 0) return fail_errno("fork");
  teller.reset();
  const int code = await_exec(told.get());
  if (code == 0) return pid;
  waitpid(pid, nullptr, 0);
  return fail("execve", {}, code);
}

}  // namespace uvinetd::bench
