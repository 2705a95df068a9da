// SPDX-License-Identifier: ISC
#include "core/syslogd/targets/users_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/process.h"

namespace uvinetd {
namespace {

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
  ticket_ = host_.ask_terminals(action().users);
  answer_timer_ = host_.timers().after(kAnswerTime, [this] {
    answer_timer_ = 0;
    ticket_ = 0;
    is_put_off_ = false;
    count_dropped(std::exchange(lines_, 0));
    backlog_.clear();
  });
  pause_timer_ = host_.timers().after(kAskPeriod, [this] {
    pause_timer_ = 0;
    flush();
  });
}

bool UsersSink::is_for(const std::string& user) const {
  const auto& users = action().users;
  return std::find(users.begin(), users.end(), user) != users.end();
}

void UsersSink::terminals(const SyslogTerminals& told, const std::vector<UniqueFd>& fds) {
  if (!is_asking(told.ticket)) return;
  ticket_ = 0;
  host_.timers().cancel(answer_timer_);
  // Without its descriptors an answer is none.
  const bool is_answer = !told.users.empty() || !told.absent.empty();
  if (!is_answer || fds.size() != told.users.size()) return put_off();
  is_put_off_ = false;
  write(told, fds);
}

void UsersSink::put_off() {
  const auto now = host_.loop().now();
  if (!std::exchange(is_put_off_, true)) put_off_since_ = now;
  if (is_everybody() && now - put_off_since_ >= kEverybodyTime) {
    is_put_off_ = false;
    lines_ = 0;
    backlog_.clear();
  }
  flush();
}

void UsersSink::write(const SyslogTerminals& told, const std::vector<UniqueFd>& fds) {
  bool is_whole = true;
  bool is_written = false;
  for (std::size_t i = 0; i < fds.size(); ++i) {
    if (!is_everybody() && !is_for(told.users[i])) continue;
    if (!set_nonblocking(fds[i].get(), true)) continue;
    is_written = true;
    is_whole = write_all(fds[i].get(), backlog_) && is_whole;
    told_absent_.erase(told.users[i]);
  }
  const auto lines = std::exchange(lines_, 0);
  backlog_.clear();
  // That nobody is there is told once, and not for each line.
  (is_written ? host_.counts().written : host_.counts().dropped) += lines;
  if (!is_whole) {
    host_.tell(SyslogSeverity::Warning, "a terminal of " + name() + " did not take all", this);
  }
  tell_absent(told.absent);
  tell_dropped();
}

// That nobody of "*" is there is nothing to tell.
void UsersSink::tell_absent(const std::vector<std::string>& users) {
  for (const auto& user : users) {
    if (!is_for(user) || user == "*" || told_absent_.size() >= kMostTold ||
        !told_absent_.insert(user).second)
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
