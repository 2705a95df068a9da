// SPDX-License-Identifier: ISC
#include "core/base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/calendar.h"
#include "core/base/escape.h"

namespace uvinetd {

void Log::open(LogTarget target, std::string ident) {
  target_ = std::move(target);
  ident_ = std::move(ident);
  rest_.clear();
  lost_ = false;
  manner_ = Manner::Direct;
  struct stat about {};
  if (target_.fd.is_open() && fstat(target_.fd.get(), &about) == 0) {
    const bool is_waiting = (fcntl(target_.fd.get(), F_GETFL) & O_NONBLOCK) == 0;
    if (S_ISSOCK(about.st_mode)) {
      manner_ = Manner::Socket;
    } else if (!S_ISREG(about.st_mode) && is_waiting) {
      manner_ = Manner::Polled;
    }
  }
  drain();
}

void Log::write(LogLevel level, std::string_view text, int facility) {
  enqueue(level, text, facility);
  drain();
}

void Log::flush() {
  drain();
}

// The newest lines are the ones dropped: the first lines of a trouble say most about it. The notice
// stands where they are missing.
void Log::enqueue(LogLevel level, std::string_view text, int facility) {
  const std::size_t needed = dropped_ > 0 ? 2 : 1;
  if (queue_.size() + needed > kQueueLines) {
    ++dropped_;
    return;
  }
  if (dropped_ > 0) enqueue_drop_notice();
  queue_.push_back({facility, level, std::time(nullptr), getpid(), one_line(text, kMostTextBytes)});
}

void Log::enqueue_drop_notice() {
  auto text = dropped_ == 1 ? std::string("1 line of the log was dropped")
                            : fmt::format("{} lines of the log were dropped", dropped_);
  queue_.push_back(
      {kDaemonFacility, LogLevel::Warning, std::time(nullptr), getpid(), std::move(text)});
  dropped_ = 0;
}

void Log::drain() {
  if (!target_.fd.is_open()) return;
  while (!lost_ && !queue_.empty()) {
    const Sent sent = send_front();
    if (sent == Sent::Later) break;
    if (sent == Sent::Lost) {
      lost_ = true;
      break;
    }
    queue_.pop_front();
    rest_.clear();
    if (sent == Sent::TooLong) {
      ++dropped_;
    } else if (queue_.empty() && dropped_ > 0) {
      enqueue_drop_notice();
    }
  }
  tell_trouble();
}

void Log::tell_trouble() {
  if (queue_.empty()) {
    is_trouble_told_ = false;
  } else if (!is_trouble_told_) {
    is_trouble_told_ = true;
    if (on_trouble_) on_trouble_();
  }
}

std::string Log::format(const Line& line) const {
  switch (target_.form) {
    case LogForm::Syslog:
      return fmt::format("<{}>{} {}[{}]: {}", line.facility | static_cast<int>(line.level),
                         syslog_stamp(line.when), ident_, line.pid, line.text);
    case LogForm::Terminal:
      return fmt::format("{} {}[{}]: {}\n", syslog_stamp(line.when), ident_, line.pid, line.text);
    case LogForm::Journal:
      return fmt::format("<{}>{}\n", static_cast<int>(line.level), line.text);
    case LogForm::Plain:
      break;
  }
  return fmt::format("{}[{}]: {}\n", ident_, line.pid, line.text);
}

Log::Sent Log::send_front() {
  if (rest_.empty()) rest_ = format(queue_.front());
  while (!rest_.empty()) {
    const ssize_t sent = put(rest_);
    if (sent > 0) {
      rest_.erase(0, static_cast<std::size_t>(sent));
      continue;
    }
    if (sent == 0) return Sent::Later;
    switch (errno) {
      case EINTR:
        continue;
      case EAGAIN:
#if EWOULDBLOCK != EAGAIN
      case EWOULDBLOCK:
#endif
      case ENOBUFS:
      case ENOMEM:
      case ENOSPC:
      case EDQUOT:
        return Sent::Later;
      case EMSGSIZE:
        return Sent::TooLong;
      default:  // ECONNREFUSED, then ENOTCONN: syslogd has gone; EPIPE, EIO: the reader has
        return Sent::Lost;
    }
  }
  return Sent::Done;
}

ssize_t Log::put(std::string_view bytes) const noexcept {
  const int fd = target_.fd.get();
  if (manner_ == Manner::Socket) {
    return send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  if (manner_ == Manner::Polled) {
    pollfd one{fd, POLLOUT, 0};
    if (poll(&one, 1, 0) != 1) {
      errno = EAGAIN;
      return -1;
    }
  }
  return ::write(fd, bytes.data(), bytes.size());
}

}  // namespace uvinetd
