// SPDX-License-Identifier: ISC
#include "core/config/load/helper_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>

namespace uvinetd {
namespace {

using Clock = std::chrono::steady_clock;

#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;  // the socket has SO_NOSIGPIPE
#endif

// Signals were blocked before the fork: handlers of the parent must not run here, they would write
// to a pipe that both share.
[[noreturn]] void run(const std::function<void(int)>& work, int fd) noexcept {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &plain, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  work(fd);
  _exit(0);
}

void end_process(pid_t pid) {
  kill(pid, SIGKILL);
  const auto end = Clock::now() + std::chrono::seconds(1);
  constexpr long kShortestPause = 20'000;  // nanoseconds
  constexpr long kLongestPause = 1'000'000;
  for (long pause = kShortestPause;; pause = std::min(pause * 2, kLongestPause)) {
    const pid_t done = waitpid(pid, nullptr, WNOHANG);
    if (done == pid || (done < 0 && errno != EINTR) || Clock::now() > end) return;
    const timespec time{0, pause};
    nanosleep(&time, nullptr);
  }
}

}  // namespace

HelperProcess::HelperProcess(const std::function<void(int fd)>& work) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return;
  channel_.reset(ends[0]);
  const UniqueFd theirs(ends[1]);
  for (const int end : ends) {
    fcntl(end, F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE
    const int on = 1;
    setsockopt(end, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  }
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_ = fork();
  if (pid_ == 0) {
    channel_.reset();
    run(work, theirs.get());
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

HelperProcess::~HelperProcess() {
  if (pid_ > 0) end_process(pid_);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(fd, bytes.data(), bytes.size(), kNoSignal);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool read_all(int fd, char* to, std::size_t size) {
  while (size > 0) {
    const auto count = ::read(fd, to, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    to += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool wait_readable(int fd, Clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    pollfd entry{fd, POLLIN, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace uvinetd
