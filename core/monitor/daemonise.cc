// SPDX-License-Identifier: ISC
#include "core/monitor/daemonise.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/process.h"

namespace uvinetd {

namespace {

// What closed and detached standard descriptors become; "/" where there is no /dev.
int open_nothing() {
  const int fd = ::open("/dev/null", O_RDWR);
  return fd >= 0 ? fd : ::open("/", O_RDONLY);
}

void fill_standard_descriptors() {
  int fd = open_nothing();
  while (fd >= 0 && fd <= 2) fd = ::dup(fd);
  if (fd > 2) ::close(fd);
}

// False where the system cannot (before Linux 5.9, FreeBSD 12.2).
bool close_range_of([[maybe_unused]] unsigned first, [[maybe_unused]] unsigned last) {
  if (first > last) return true;
#if defined(__linux__) && defined(SYS_close_range)
  return ::syscall(SYS_close_range, first, last, 0) == 0;
#elif defined(__FreeBSD__)
  return ::close_range(first, last, 0) == 0;
#else
  return false;
#endif
}

// The numbers that are open, or all that could be where /dev/fd does not say.
std::vector<int> possible_descriptors() {
  std::vector<int> list;
  if (DIR* const folder = ::opendir("/dev/fd"); folder != nullptr) {
    while (const dirent* const entry = ::readdir(folder)) list.push_back(std::atoi(entry->d_name));
    ::closedir(folder);
    return list;
  }
  constexpr rlim_t kMost = 65536;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  for (int fd = 0; fd < static_cast<int>(std::min(limit.rlim_cur, kMost)); ++fd) list.push_back(fd);
  return list;
}

// `keep` in ascending order. False: the system cannot, nothing is closed.
bool close_ranges_between(const std::vector<int>& keep) {
  unsigned first = 3;
  for (const int fd : keep) {
    if (fd < 3) continue;
    const auto kept = static_cast<unsigned>(fd);
    if (kept > first && !close_range_of(first, kept - 1)) return false;
    first = kept + 1;
  }
  return close_range_of(first, ~0U);
}

void close_inherited(std::vector<int> keep) {
  std::sort(keep.begin(), keep.end());
  if (close_ranges_between(keep)) return;
  for (const int fd : possible_descriptors())
    if (fd > 2 && !std::binary_search(keep.begin(), keep.end(), fd)) ::close(fd);
}

void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

#ifdef MSG_NOSIGNAL
constexpr int kNoSignal = MSG_NOSIGNAL;
#else
constexpr int kNoSignal = 0;  // SO_NOSIGPIPE is set instead
#endif

Status prepare(int fd) {
#ifdef SO_NOSIGPIPE
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return set_cloexec(fd);
}

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

// A report is one octet of status, the reason, and a NUL.
[[noreturn]] void wait_and_exit(UniqueFd end) {
  std::string report;
  char part[512];
  while (report.empty() || report.back() != '\0' || report.size() == 1) {
    const ssize_t count = ::read(end.get(), part, sizeof part);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    report.append(part, static_cast<std::size_t>(count));
  }
  if (report.size() < 2) {
    print("uvinetd: the daemon ended without a word\n");
    ::_exit(1);
  }
  const std::string_view reason(report.data() + 1, report.size() - 2);
  if (!reason.empty()) print(std::string(reason) + "\n");
  ::_exit(static_cast<unsigned char>(report[0]));
}

void say(UniqueFd& end, char status, std::string_view reason) {
  if (!end.is_open()) return;
  std::string report(1, status);
  report.append(reason.substr(0, reason.find('\0'))).push_back('\0');
  std::string_view rest = report;
  while (!rest.empty()) {
    const ssize_t count = ::send(end.get(), rest.data(), rest.size(), kNoSignal);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  end.reset();
}

}  // namespace

void clean_inherited_state(int keep, std::vector<int> also) {
  also.push_back(keep);
  close_inherited(std::move(also));
  fill_standard_descriptors();
  reset_signals();
}

void StartReport::ready() {
  say(end_, 0, {});
}

void StartReport::failed(int status, const std::string& reason) {
  say(end_, static_cast<char>(std::clamp(status, 1, 255)), reason);
}

Result<StartReport> daemonise() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return fail_errno("socketpair");
  UniqueFd starter(ends[0]);
  UniqueFd daemon(ends[1]);
  if (auto status = prepare(daemon.get()); !status) return tl::unexpected(status.error());
  const pid_t session_leader = ::fork();
  if (session_leader < 0) return fail_errno("fork");
  if (session_leader > 0) {
    daemon.reset();
    wait_and_exit(std::move(starter));
  }
  starter.reset();
  ::setsid();
  StartReport report(std::move(daemon));
  // Not the leader of its session: can never get a controlling terminal by opening one.
  const pid_t last = ::fork();
  if (last < 0) report.failed(1, Error{"fork", {}, errno}.text());
  if (last != 0) ::_exit(0);
  ::umask(022);
  if (::chdir("/") != 0) {
    const Error error{"chdir", "/", errno};
    report.failed(1, error.text());
    return tl::unexpected(error);
  }
  const UniqueFd nothing(open_nothing());
  if (nothing.is_open())
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) ::dup2(nothing.get(), fd);
  return report;
}

void detach_stdio() {
  const int nothing = open_nothing();
  if (nothing < 0) return;
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
  if (nothing > 2) ::close(nothing);
}

}  // namespace uvinetd
