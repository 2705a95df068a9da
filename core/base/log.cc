// SPDX-License-Identifier: ISC
#include "core/base/log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "core/base/clock.h"
#include "core/base/escape.h"
#include "core/base/xinetd_line.h"

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

void Log::write(LogLevel level, std::string_view text) {
  Event event(level, "");
  event.say(one_line(text, kMostTextBytes));
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(monotonic_now());
  const bool is_folded = level <= LogLevel::Warning;
  const bool is_same = is_folded && level == last_.level() && event.message() == last_.message();
  tell_repeated(repeats_.over(is_same, now));
  if (is_folded) {
    if (!is_same) last_ = event;
    if (!repeats_.allows(now)) {
      if (on_repeat_) on_repeat_();
      return;
    }
  } else {
    last_ = Event(LogLevel::Debug, "");
  }
  enqueue(std::move(event), kDaemonFacility);
  drain();
}

void Log::write(Event event, int facility) {
  tell_repeats();
  last_ = Event(LogLevel::Debug, "");
  event.make_harmless(kMostTextBytes);
  std::string traffic;
  if (format_ == LogFormat::Xinetd) traffic = xinetd_traffic_line(event);
  const auto level = event.level();
  enqueue(std::move(event), facility);
  if (!traffic.empty()) enqueue(Event(level, "").say(traffic), facility);
  drain();
}

void Log::tell_repeats() {
  tell_repeated(repeats_.take());
}

void Log::tell_repeated(std::uint64_t count) {
  if (count == 0) return;
  enqueue(Event(last_.level(), "repeated").add("n", count).say(last_.message()), kDaemonFacility);
  drain();
}

void Log::flush() {
  drain();
}

// The newest lines are the ones dropped: the first lines of a trouble say most about it. The notice
// stands where they are missing.
void Log::enqueue(Event event, int facility) {
  const std::size_t needed = dropped_ > 0 ? 2 : 1;
  if (queue_.size() + needed > kQueueLines) {
    ++dropped_;
    return;
  }
  if (dropped_ > 0) enqueue_drop_notice();
  queue_.push_back({facility, std::chrono::system_clock::now(), getpid(), std::move(event)});
}

void Log::enqueue_drop_notice() {
  const auto text = dropped_ == 1 ? std::string("1 line of the log was dropped")
                                  : fmt::format("{} lines of the log were dropped", dropped_);
  queue_.push_back({kDaemonFacility, std::chrono::system_clock::now(), getpid(),
                    Event(LogLevel::Warning, "").say(text)});
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
  // Last: it may write.
  if (target_.form != LogForm::File) return;
  const int before = std::exchange(told_file_trouble_, file_trouble_);
  if ((before != 0) != (file_trouble_ != 0) && on_file_trouble_) on_file_trouble_(file_trouble_);
}

Log::Sent Log::send_front() {
  if (rest_.empty()) rest_ = render(queue_.front(), target_.form, format_, ident_);
  while (!rest_.empty()) {
    const ssize_t sent = put(rest_);
    if (sent > 0) {
      rest_.erase(0, static_cast<std::size_t>(sent));
      file_trouble_ = 0;
    } else if (sent == 0) {
      return Sent::Later;
    } else if (errno != EINTR) {
      return judge(errno);
    }
  }
  return Sent::Done;
}

Log::Sent Log::judge(int code) {
  switch (code) {
    case EAGAIN:
#if EWOULDBLOCK != EAGAIN
    case EWOULDBLOCK:
#endif
    case ENOBUFS:
    case ENOMEM:
      return Sent::Later;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      file_trouble_ = code;
      return Sent::Later;
    case EMSGSIZE:
      return Sent::TooLong;
    default:  // ECONNREFUSED, then ENOTCONN: syslogd has gone; EPIPE, EIO: the reader has
      file_trouble_ = code;
      return Sent::Lost;
  }
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
