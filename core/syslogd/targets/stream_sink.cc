// SPDX-License-Identifier: ISC
#include "core/syslogd/targets/stream_sink.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace uvinetd {
namespace {

// epoll(7) takes neither regular files nor every device.
bool can_be_watched(int fd) {
  struct stat about {};
  return fstat(fd, &about) == 0 &&
         (S_ISFIFO(about.st_mode) || (S_ISCHR(about.st_mode) && isatty(fd) == 1));
}

// Whether what is written to `next` follows what was written to `fd`.
bool goes_on(int fd, int next) {
  struct stat a {};
  struct stat b {};
  if (fstat(fd, &a) != 0 || fstat(next, &b) != 0) return false;
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && !(S_ISREG(b.st_mode) && b.st_size == 0);
}

}  // namespace

StreamSink::~StreamSink() {
  stop_waiting();
}

void StreamSink::add(SyslogText& text) {
  const auto& line = line_of(text);
  if (line_begin_ > kMostBacklog) {
    backlog_.erase(0, line_begin_);
    begin_ -= std::exchange(line_begin_, 0);
  }
  if (backlog_.size() - begin_ + line.size() > kMostBacklog) {
    drop_if_stale();
    if (backlog_.size() - begin_ + line.size() > kMostBacklog) {
      count_dropped(1);
      return;
    }
  }
  backlog_ += line;
  ++lines_;
  if (state_ != State::Flowing) return;
  host_.want_flush(*this);
  if (backlog_.size() - begin_ >= kWriteSize) flush();
}

void StreamSink::flush() {
  if (state_ == State::Failed) return;
  const bool has_written = has_backlog();
  while (has_backlog()) {
    const auto size = ::write(fd_.get(), backlog_.data() + begin_, backlog_.size() - begin_);
    if (size > 0) {
      advance(static_cast<std::size_t>(size));
      stuck_since_ = host_.loop().now();
      wrote(static_cast<std::size_t>(size));
      continue;
    }
    if (size < 0 && errno == EINTR) continue;
    if (size == 0 || errno == EAGAIN || errno == EWOULDBLOCK) return wait_for_room();
    return fail_with(errno);
  }
  emptied(has_written);
}

void StreamSink::advance(std::size_t bytes) {
  const auto written = std::string_view(backlog_).substr(0, begin_ + bytes);
  begin_ = written.size();
  const auto end = written.rfind('\n');
  if (end == std::string_view::npos || end < line_begin_) return;
  line_begin_ = end + 1;
  is_cut_ = false;
}

// Another target has nothing of it.
void StreamSink::begin_line_again() {
  if (std::exchange(is_cut_, false)) backlog_.erase(0, line_end().size());
  begin_ = line_begin_;
}

// Nothing is left to be written.
void StreamSink::emptied(bool has_written) {
  host_.counts().written += std::exchange(lines_, 0);
  backlog_.clear();
  begin_ = line_begin_ = 0;
  if (state_ != State::Flowing) stop_waiting();
  state_ = State::Flowing;
  if (!has_written) return;  // whether it takes anything again shows itself with the next line
  delay_ = kFirstDelay;
  if (std::exchange(told_code_, 0) != 0)
    host_.tell(SyslogSeverity::Notice, name() + " is written again", this);
  tell_dropped(true);
}

void StreamSink::wait_for_room() {
  if (state_ != State::Blocked) {
    state_ = State::Blocked;
    stuck_since_ = host_.loop().now();
    if (is_watchable_) {
      if (!watcher_) {
        watcher_ = std::make_unique<FdWatcher>(host_.loop(), fd_.get(), [this](int) { flush(); });
      }
      watcher_->watch(UV_WRITABLE);
    }
  }
  // A terminal that takes nothing for long loses what waits, so it is looked at without a watcher's
  // help too.
  if (patience().count() > 0 || !is_watchable_) {
    retry_after(is_watchable_ ? patience() : kBlockedDelay);
  }
}

void StreamSink::fail_with(int code) {
  if (state_ != State::Failed) stuck_since_ = host_.loop().now();
  state_ = State::Failed;
  if (watcher_) watcher_->watch(0);
  if (std::exchange(told_code_, code) != code) {
    host_.tell(SyslogSeverity::Error,
               "cannot write to " + name() + ": " + std::strerror(code) + "; its messages wait",
               this);
  }
  if (is_lost(code) && host_.loop().now() >= no_reopening_before_) {
    no_reopening_before_ = host_.loop().now() + kReopenPeriod;
    host_.ask_rotation(*this);
  }
  retry_after(delay_);
  delay_ = std::min(delay_ * 2, kLongestDelay);
}

void StreamSink::retry_after(std::chrono::milliseconds delay) {
  if (timer_ != 0) return;
  timer_ = host_.timers().after(delay, [this] {
    timer_ = 0;
    drop_if_stale();
    if (!fd_.is_open()) return;
    if (state_ == State::Failed) state_ = State::Blocked;
    flush();
  });
}

void StreamSink::stop_waiting() {
  host_.timers().cancel(timer_);
  watcher_.reset();
}

void StreamSink::drop_if_stale() {
  if (patience().count() == 0 || state_ == State::Flowing || !has_backlog()) return;
  if (host_.loop().now() - stuck_since_ >= patience()) drop_backlog();
}

void StreamSink::drop_backlog() {
  const auto rest = static_cast<std::uint64_t>(
      std::count(backlog_.begin() + static_cast<std::ptrdiff_t>(begin_), backlog_.end(), '\n'));
  host_.counts().written += lines_ - std::min(lines_, rest);
  count_dropped(std::min(std::exchange(lines_, 0), rest));
  is_cut_ = is_in_line();
  backlog_ = is_cut_ ? line_end() : std::string_view();
  begin_ = line_begin_ = 0;
  stuck_since_ = host_.loop().now();
}

void StreamSink::open(UniqueFd fd, int code) {
  if (!fd.is_open()) {
    const bool does_go_on = fd_.is_open() && state_ != State::Failed;
    if (std::exchange(told_open_code_, code) != code) {
      host_.tell(SyslogSeverity::Error,
                 "cannot open " + name() + ": " + std::strerror(code) +
                     (does_go_on ? "; the one that is open goes on" : "; its messages wait"),
                 this);
    }
    if (!fd_.is_open()) told_code_ = code;
    return;
  }
  stop_waiting();
  told_open_code_ = 0;
  // A terminal that has hung up is somebody else's by now.
  if (state_ == State::Failed && is_lost(told_code_)) begin_line_again();
  if (fd_.is_open() && !goes_on(fd_.get(), fd.get())) begin_line_again();
  fd_ = std::move(fd);
  is_watchable_ = can_be_watched(fd_.get());
  state_ = State::Flowing;
  delay_ = kFirstDelay;
  opened();
  if (has_backlog() || told_code_ != 0 || dropped_ != 0) flush();
}

void StreamSink::let_go() {
  drop_backlog();
  tell_dropped();
}

void StreamSink::adopt(SyslogSink& before) {
  auto& old = static_cast<StreamSink&>(before);
  old.stop_waiting();
  fd_ = std::move(old.fd_);
  is_watchable_ = old.is_watchable_;
  state_ = old.state_;
  told_code_ = old.told_code_;
  backlog_ = std::move(old.backlog_);
  begin_ = std::exchange(old.begin_, 0);
  line_begin_ = std::exchange(old.line_begin_, 0);
  is_cut_ = std::exchange(old.is_cut_, false);
  lines_ = std::exchange(old.lines_, 0);
  dropped_ = std::exchange(old.dropped_, 0);
  stuck_since_ = old.stuck_since_;
  delay_ = old.delay_;
  told_open_code_ = old.told_open_code_;
  no_reopening_before_ = old.no_reopening_before_;
  old.backlog_.clear();
  if (!fd_.is_open() || state_ == State::Flowing) return;
  // Its timer and its watcher have stayed behind.
  if (state_ == State::Blocked) state_ = State::Flowing;
  if (state_ == State::Failed) retry_after(delay_);
}

bool TerminalSink::is_lost(int code) const {
  return code == EIO || code == ENXIO || code == ENODEV;
}

}  // namespace uvinetd
