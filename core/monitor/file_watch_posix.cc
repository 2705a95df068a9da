// SPDX-License-Identifier: ISC
// By the clock: a look at each file costs one stat(2).
#include <utility>

#include "core/monitor/file_watch.h"

namespace uvinetd {
namespace {

constexpr std::chrono::seconds kLook{2};

}  // namespace

FileWatch::FileWatch(Loop& loop, Timers& timers, std::function<void()> on_change)
    : loop_(loop), timers_(timers), on_change_(std::move(on_change)) {}

FileWatch::~FileWatch() {
  timers_.cancel(timer_);
}

void FileWatch::watch(std::vector<std::string> paths) {
  paths_ = std::move(paths);
  if (paths_.empty()) return timers_.cancel(timer_);
  if (timer_ == 0) look_after(kLook);
}

bool FileWatch::arm() {
  return false;
}

void FileWatch::on_ready() {}

void FileWatch::look_after(std::chrono::milliseconds time) {
  timer_ = timers_.after(time, [this] {
    timer_ = 0;
    on_change_();
    if (timer_ == 0 && !paths_.empty()) look_after(kLook);
  });
}

}  // namespace uvinetd
