// SPDX-License-Identifier: ISC
#include "core/base/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#ifdef __GLIBC__
#include <malloc.h>
#endif
#if defined(__linux__)
#include <sys/prctl.h>
#elif defined(__FreeBSD__)
#include <sys/procctl.h>
#elif defined(__APPLE__)
#include <sys/syslimits.h>
#endif

namespace uvinetd {

void set_process_title([[maybe_unused]] const char* comm) {
#if defined(__linux__)
  ::prctl(PR_SET_NAME, comm, 0, 0, 0);
#elif defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__)
  ::setproctitle("%s", comm);
#endif
}

void ignore_operator_signals() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE})
    ::sigaction(number, &ignore, nullptr);
}

void set_dumpable([[maybe_unused]] bool on) {
#if defined(__linux__)
  ::prctl(PR_SET_DUMPABLE, on ? 1 : 0, 0, 0, 0);
#elif defined(__FreeBSD__)
  int mode = on ? PROC_TRACE_CTL_ENABLE : PROC_TRACE_CTL_DISABLE;
  ::procctl(P_PID, ::getpid(), PROC_TRACE_CTL, &mode);
#endif
}

SignalsBlocked::SignalsBlocked() noexcept {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before_);
}

SignalsBlocked::~SignalsBlocked() {
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

namespace {
std::optional<rlimit> remembered_limit;
}  // namespace

Status raise_descriptor_limit(rlim_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return fail_errno("getrlimit");
  if (!remembered_limit) remembered_limit = limit;
  if (limit.rlim_cur >= wanted) return {};
  if (limit.rlim_max < wanted) {  // needs privilege, and has a ceiling (fs.nr_open)
    const rlimit beyond{wanted, wanted};
    if (::setrlimit(RLIMIT_NOFILE, &beyond) == 0) return {};
  }
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
#ifdef __APPLE__
  limit.rlim_cur = std::min(limit.rlim_cur, static_cast<rlim_t>(OPEN_MAX));  // see setrlimit(2)
#endif
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return fail_errno("setrlimit");
  return {};
}

rlimit original_descriptor_limit() {
  if (remembered_limit) return *remembered_limit;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

void set_original_descriptor_limit(const rlimit& limit) {
  remembered_limit = limit;
}

void unblock_signals() {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

Status set_cloexec(int fd) {
  const int flags = ::fcntl(fd, F_GETFD);
  if (flags < 0 || ::fcntl(fd, F_SETFD, flags | FD_CLOEXEC) != 0) return fail_errno("fcntl");
  return {};
}

Status set_nonblocking(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return fail_errno("fcntl");
  const int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
  if (wanted != flags && ::fcntl(fd, F_SETFL, wanted) != 0) return fail_errno("fcntl");
  return {};
}

void release_free_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace uvinetd
