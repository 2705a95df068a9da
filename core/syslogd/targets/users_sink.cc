// SPDX-License-Identifier: ISC
#include "core/syslogd/targets/users_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/process.h"

namespace uvinetd {
namespace {

std::uint64_t last_ticket = 0;

// What it does not take at once it never gets: a terminal that is stopped must not hold up others.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto size = ::write(fd, text.data(), text.size());
    if (size > 0) {
      text.remove_prefix(static_cast<std::size_t>(size));
    } else if (size == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

UsersSink::~UsersSink() {
  host_.timers().cancel(answer_timer_);
  host_.timers().cancel(pause_timer_);
}

void UsersSink::add(SyslogText& text) {
  const auto& line = text.terminal_line();
  if (backlog_.size() + line.size() > kMostBacklog) {
    count_dropped(1);
    return;
  }
  backlog_ += line;
  ++lines_;
  host_.want_flush(*this);
}

void UsersSink::flush() {
  if (lines_ > 0 && ticket_ == 0 && pause_timer_ == 0) ask();
}

void UsersSink::ask() {
  ticket_ = ++last_ticket;
  answer_timer_ = host_.timers().after(kAnswerTime, [this] {
    answer_timer_ = 0;
    ticket_ = 0;
    count_dropped(std::exchange(lines_, 0));
    backlog_.clear();
  });
  pause_timer_ = host_.timers().after(kAskPeriod, [this] {
    pause_timer_ = 0;
    flush();
  });
  host_.ask_terminals(ticket_, action().users);
}

void UsersSink::terminals(const SyslogTerminals& told, std::vector<UniqueFd> fds) {
  if (!is_asking(told.ticket)) return;
  ticket_ = 0;
  host_.timers().cancel(answer_timer_);
  bool is_whole = true;
  for (const auto& fd : fds) {
    if (!set_nonblocking(fd.get(), true)) continue;
    is_whole = write_all(fd.get(), backlog_) && is_whole;
  }
  const auto lines = std::exchange(lines_, 0);
  backlog_.clear();
  if (!fds.empty()) host_.counts().written += lines;
  if (!is_whole) {
    host_.tell(SyslogSeverity::Warning, "a terminal of " + name() + " did not take all", this);
  }
  for (const auto& user : told.users) told_absent_.erase(user);
  tell_absent(told.absent);
  tell_dropped();
}

// That nobody of "*" is there is nothing to tell.
void UsersSink::tell_absent(const std::vector<std::string>& users) {
  for (const auto& user : users) {
    if (user == "*" || told_absent_.size() >= kMostTold || !told_absent_.insert(user).second)
      continue;
    host_.tell(SyslogSeverity::Info, "user " + user + " is not logged in, or takes no messages",
               this);
  }
}

void UsersSink::let_go() {
  count_dropped(std::exchange(lines_, 0));
  tell_dropped();
}

void UsersSink::adopt(SyslogSink& before) {
  auto& old = static_cast<UsersSink&>(before);
  backlog_ = std::exchange(old.backlog_, {});
  lines_ = std::exchange(old.lines_, 0);
  dropped_ = std::exchange(old.dropped_, 0);
  told_absent_ = std::move(old.told_absent_);
  if (lines_ > 0) host_.want_flush(*this);
}

}  // namespace uvinetd
