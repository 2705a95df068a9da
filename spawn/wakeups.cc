// SPDX-License-Identifier: ISC
#include "spawn/wakeups.h"

#include <sys/select.h>

#include <algorithm>
#include <ctime>

namespace uvinetd {
namespace {

volatile std::sig_atomic_t child_ended = 0;

void on_sigchld(int) {
  child_ended = 1;
}

timespec to_timespec(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  return {seconds.count(), (time - seconds).count()};
}

}  // namespace

void Wakeups::begin() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  while_asleep_ = all;
  sigdelset(&while_asleep_, SIGCHLD);
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) {
      signal(number, SIG_DFL);
    }
  }
  struct sigaction action {};
  action.sa_handler = on_sigchld;
  sigaction(SIGCHLD, &action, nullptr);
}

void Wakeups::sleep(const Channel& monitor, const Channel& reactor, const Until& until) {
  fd_set readable;
  fd_set writable;
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  int highest = -1;
  const auto add = [&](const Channel& channel, bool is_heard) {
    if (!channel.is_open()) return;
    if (is_heard) FD_SET(channel.fd(), &readable);
    if (channel.has_backlog()) FD_SET(channel.fd(), &writable);
    highest = std::max(highest, channel.fd());
  };
  add(monitor, true);
  add(reactor, until.hears_reactor);
  for (const int fd : until.others) {
    FD_SET(fd, &readable);
    highest = std::max(highest, fd);
  }
  auto mask = while_asleep_;
  if (!until.hears_children) sigaddset(&mask, SIGCHLD);
  const auto time = to_timespec(until.time.value_or(std::chrono::nanoseconds(0)));
  const int ready =
      pselect(highest + 1, &readable, &writable, nullptr, until.time ? &time : nullptr, &mask);
  is_monitor_ready_ = ready > 0 && monitor.is_open() &&
                      (FD_ISSET(monitor.fd(), &readable) || FD_ISSET(monitor.fd(), &writable));
}

bool Wakeups::take_child_end() {
  const bool has_ended = child_ended != 0;
  child_ended = 0;
  return has_ended;
}

}  // namespace uvinetd
