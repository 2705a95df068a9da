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

}  // namespace

StreamSink::~StreamSink() {
  stop_waiting();
}

void StreamSink::add(SyslogText& text) {
  const auto& line = line_of(text);
  if (begin_ > kMostBacklog) backlog_.erase(0, std::exchange(begin_, 0));
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
      begin_ += static_cast<std::size_t>(size);
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

// Nothing is left to be written.
void StreamSink::emptied(bool has_written) {
  host_.counts().written += std::exchange(lines_, 0);
  backlog_.clear();
  begin_ = 0;
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
  backlog_.clear();
  begin_ = 0;
  stuck_since_ = host_.loop().now();
}

void StreamSink::open(UniqueFd fd, int code) {
  if (!fd.is_open()) {
    const char* const rest =
        fd_.is_open() ? "; the one that is open goes on" : "; its messages wait";
    host_.tell(SyslogSeverity::Error, "cannot open " + name() + ": " + std::strerror(code) + rest,
               this);
    if (!fd_.is_open()) told_code_ = code;
    return;
  }
  stop_waiting();
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
  begin_ = old.begin_;
  lines_ = old.lines_;
  dropped_ = std::exchange(old.dropped_, 0);
  stuck_since_ = old.stuck_since_;
  delay_ = old.delay_;
  old.backlog_.clear();
  old.begin_ = 0;
  old.lines_ = 0;
  if (!fd_.is_open() || state_ == State::Flowing) return;
  // Its timer and its watcher have stayed behind.
  if (state_ == State::Blocked) state_ = State::Flowing;
  if (state_ == State::Failed) retry_after(delay_);
}

}  // namespace uvinetd
