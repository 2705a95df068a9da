// SPDX-License-Identifier: ISC
#include "spawn/reaper.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace uvinetd {
namespace {

std::int64_t microseconds(const timeval& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_usec;
}

}  // namespace

std::optional<Exit> reap_one() {
  Exit out;
  rusage usage{};
  do {
    out.pid = wait4(-1, &out.status, WNOHANG, &usage);
  } while (out.pid < 0 && errno == EINTR);
  if (out.pid <= 0) return std::nullopt;
  out.user_usec = microseconds(usage.ru_utime);
  out.system_usec = microseconds(usage.ru_stime);
#ifdef __APPLE__
  out.max_rss_kib = usage.ru_maxrss / 1024;  // bytes there
#else
  out.max_rss_kib = usage.ru_maxrss;
#endif
  return out;
}

bool is_child(pid_t pid) {
  siginfo_t info{};
  return pid > 0 && waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

std::string status_text(int status) {
  if (status == kUnknownStatus) return "unknown";
  if (WIFSIGNALED(status)) return "signal:" + std::to_string(WTERMSIG(status));
  return std::to_string(WEXITSTATUS(status));
}

bool become_subreaper() {
#ifdef __linux__
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
#else
  return false;
#endif
}

bool session_lives(pid_t leader) {
  return kill(-leader, 0) == 0 || errno == EPERM;
}

}  // namespace uvinetd
