// SPDX-License-Identifier: ISC
// Looks after a log that cannot write: tries again from a timer, asks for a new target when its
// syslogd is gone; tells how often a line was said again. No timer while all is well.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "core/base/log.h"
#include "core/base/loop.h"

namespace uvinetd {

class LogTender {
 public:
  // `reopen` is to call Log::open() now or later; it is called while the peer is lost.
  LogTender(Timers& timers, Log& log, std::function<void()> reopen)
      : timers_(timers), log_(log), reopen_(std::move(reopen)) {
    log_.on_trouble([this] { arm(); });
    log_.on_repeat([this] {
      if (repeat_timer_ != 0) return;
      repeat_timer_ = timers_.after(Repeats::kTime, [this] {
        repeat_timer_ = 0;
        log_.tell_repeats();
      });
    });
  }
  ~LogTender() {
    log_.on_trouble({});
    log_.on_repeat({});
    timers_.cancel(timer_);
    timers_.cancel(repeat_timer_);
  }
  LogTender(const LogTender&) = delete;
  LogTender& operator=(const LogTender&) = delete;

 private:
  static constexpr std::chrono::milliseconds kFirst{100};
  static constexpr std::chrono::milliseconds kLongest{30'000};

  void arm() {
    if (timer_ != 0) return;
    timer_ = timers_.after(delay_, [this] {
      timer_ = 0;
      tend();
    });
  }
  void tend() {
    if (log_.is_lost()) reopen_();
    log_.flush();
    if (!log_.has_backlog() && !log_.is_lost()) {
      delay_ = kFirst;
      return;
    }
    delay_ = log_.is_lost() ? std::min(delay_ * 2, kLongest) : kFirst;
    arm();
  }

  Timers& timers_;
  Log& log_;
  std::function<void()> reopen_;
  std::chrono::milliseconds delay_ = kFirst;
  Timers::Id timer_ = 0;
  Timers::Id repeat_timer_ = 0;
};

}  // namespace uvinetd
