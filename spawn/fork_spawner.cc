// SPDX-License-Identifier: ISC
#include "spawn/fork_spawner.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "core/base/process.h"
#include "core/base/unique_fd.h"
#include "spawn/child_sockets.h"
#include "spawn/settings/listen_fds.h"

namespace uvinetd {
namespace {

struct Failure {
  const char* step;  // a literal, at the same place in both; null: none
  int code;
};

struct Pipe {
  UniqueFd reader, writer;
};

// The writer closes by the exec or by the child's end. It is none of those that the child is given.
Result<Pipe> make_pipe(int above_all_given) {
  int ends[2];
#ifdef __APPLE__
  if (::pipe(ends) != 0) return fail_errno("pipe");
#else
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("pipe");
#endif
  Pipe out{UniqueFd(ends[0]), UniqueFd(ends[1])};
  out.writer.reset(::fcntl(out.writer.get(), F_DUPFD_CLOEXEC, above_all_given));
  if (!out.writer.is_open()) return fail_errno("pipe");
  (void)set_cloexec(out.reader.get());
  return out;
}

// ---- in the child ----------------------------------------------------------------------------

bool pass_on(int from, int fd) {
  if (from == fd) return ::fcntl(fd, F_SETFD, 0) == 0;
  return ::dup2(from, fd) == fd;
}

void reset_signals() {
#ifdef NSIG
  constexpr int kSignals = NSIG;
#else
  constexpr int kSignals = 65;
#endif
  for (int number = 1; number < kSignals; ++number) (void)::signal(number, SIG_DFL);
}

// Returns the step that failed.
const char* become_server(const SpawnRequest& request) {
  if (::setsid() < 0) return "setsid";
  reset_signals();
  for (int fd = 0; fd <= 2; ++fd) {
    const bool is_other = fd == 2 && request.errors >= 0;
    if (!pass_on(is_other ? request.errors : request.connection, fd)) return "dup2";
  }
  if (request.channel >= 0 && !pass_on(request.channel, kSpawnedChannelFd)) return "dup2";
  auto steps = request.steps;
  if (!place_sockets(request, steps)) return "dup2";
  if (request.working_directory != nullptr && ::chdir(request.working_directory) != 0) {
    return "chdir";
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (const auto* const step = apply_child_steps(steps); step != nullptr) return step;
  ::execve(request.program, request.argv, request.environment);
  return "execve";
}

// ---- in the launcher -------------------------------------------------------------------------

void wait_for_exec(int reader) {
  char byte = 0;
  while (::read(reader, &byte, 1) < 0 && errno == EINTR) {
  }
}

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<pid_t> ForkSpawner::spawn(const SpawnRequest& request) noexcept {
  if (!failure_.is_mapped()) {
    void* const page =
        ::mmap(nullptr, sizeof(Failure), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return fail_errno("fork");
    failure_ = Mapping(page, sizeof(Failure));
  }
  static_assert(kFirstListenFd == kSpawnedChannelFd);
  auto pipe = make_pipe(kFirstListenFd + std::max(request.socket_count, 1));
  if (!pipe) return tl::unexpected(pipe.error());
  auto& failure = *static_cast<Failure*>(failure_.data());
  failure = {nullptr, 0};
  pid_t pid = 0;
  {
    const SignalsBlocked blocked;  // until the child has none of our handlers
    pid = ::fork();
    if (pid == 0) {
      const auto* const step = become_server(request);
      failure = {step, errno};
      ::_exit(127);
    }
  }
  if (pid < 0) return fail_errno("fork");
  pipe->writer.reset();
  wait_for_exec(pipe->reader.get());
  if (failure.step != nullptr) {
    const auto [step, code] = failure;
    reap(pid);
    return fail(step, {}, code);
  }
  if (request.pid != nullptr) request.pid->store(pid, std::memory_order_release);
  return pid;
}

}  // namespace uvinetd
