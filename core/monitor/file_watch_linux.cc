// SPDX-License-Identifier: ISC
// Folders are watched, not files: a file that is replaced by rename(2) is another one.
#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "core/monitor/file_watch.h"

namespace uvinetd {
namespace {

constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE |
                                   IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                   IN_ONLYDIR;
constexpr std::chrono::milliseconds kTogether{50};  // changes that come in a row
constexpr std::chrono::seconds kLook{2};            // where not all can be watched

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Where its links end.
std::string real_path(const std::string& path) {
  char out[PATH_MAX];
  return realpath(path.c_str(), out) == nullptr ? std::string() : std::string(out);
}

}  // namespace

FileWatch::FileWatch(Loop& loop, Timers& timers, std::function<void()> on_change)
    : loop_(loop), timers_(timers), on_change_(std::move(on_change)) {}

FileWatch::~FileWatch() {
  timers_.cancel(timer_);
}

void FileWatch::watch(std::vector<std::string> paths) {
  if (paths == paths_) return;
  paths_ = std::move(paths);
  timers_.cancel(timer_);
  watcher_.reset();
  events_.reset();  // and all that it watched
  if (paths_.empty()) return;
  events_.reset(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (events_.is_open()) {
    watcher_ = std::make_unique<FdWatcher>(loop_, events_.get(), [this](int) { on_ready(); });
    watcher_->watch(UV_READABLE);
  }
  // What happened before the first look at the files is not told.
  is_soon_ = true;
  look_after(kTogether);
}

bool FileWatch::arm() {
  if (!events_.is_open()) return false;
  bool has_all = true;
  const auto add = [&](const std::string& path) {
    if (path.empty()) return false;
    return inotify_add_watch(events_.get(), folder_of(path).c_str(), kChanges) >= 0;
  };
  for (const auto& path : paths_) {
    has_all &= add(path);
    const auto real = real_path(path);
    has_all &= add(real);
  }
  return has_all;
}

void FileWatch::on_ready() {
  alignas(inotify_event) char buffer[16 * 1024];
  while (read(events_.get(), buffer, sizeof buffer) > 0) {
  }
  if (std::exchange(is_soon_, true)) return;
  look_after(kTogether);
}

// A folder that has been made anew is a new one: it is watched before the files are looked at.
void FileWatch::look_after(std::chrono::milliseconds time) {
  timers_.cancel(timer_);
  timer_ = timers_.after(time, [this] {
    timer_ = 0;
    is_soon_ = false;
    const bool has_all = arm();
    on_change_();
    if (!has_all && timer_ == 0) look_after(kLook);
  });
}

}  // namespace uvinetd
