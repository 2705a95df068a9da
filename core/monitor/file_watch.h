// SPDX-License-Identifier: ISC
// Tells when files may have changed: by inotify(7) on Linux, elsewhere by the clock. Which ones,
// and whether they have, is for the caller to find out.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/loop.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

class FileWatch {
 public:
  FileWatch(Loop& loop, Timers& timers, std::function<void()> on_change);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // In the place of those before. Without any, nothing is watched and no timer runs.
  void watch(std::vector<std::string> paths);

 private:
  // Watches the folders that the files are in. False: not all could be.
  bool arm();
  void on_ready();
  void look_after(std::chrono::milliseconds time);

  [[maybe_unused]] Loop& loop_;
  Timers& timers_;
  std::function<void()> on_change_;
  std::vector<std::string> paths_;
  UniqueFd events_;
  std::unique_ptr<FdWatcher> watcher_;
  Timers::Id timer_ = 0;
  [[maybe_unused]] bool is_soon_ = false;  // the timer is that of a change
};

}  // namespace uvinetd
