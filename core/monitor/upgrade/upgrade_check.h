// SPDX-License-Identifier: ISC
// Asks the program that is to take our place, in a process of its own, whether it could: with a
// copy of the state, the configuration as it is now, and its own roles. Nothing has changed if it
// cannot.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/loop.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "spawn/reaper.h"

namespace uvinetd {

class UpgradeCheck {
 public:
  static constexpr std::chrono::seconds kDeadline{30};
  static constexpr std::size_t kMostTold = 64 * 1024;  // bytes

  // `on_done` is called once, later: with the lines of what is in the way; none: nothing is.
  UpgradeCheck(Loop& loop, Timers& timers,
               std::function<void(const std::vector<std::string>&)> on_done)
      : loop_(loop), timers_(timers), on_done_(std::move(on_done)) {}
  ~UpgradeCheck();
  UpgradeCheck(const UpgradeCheck&) = delete;
  UpgradeCheck& operator=(const UpgradeCheck&) = delete;

  // `state` is borrowed. Errors: pipe, fork.
  Status start(const std::string& program, const std::string& name, int state,
               const std::vector<std::string>& variables);
  // A process has ended: true when it was this one.
  bool on_process_end(const Exit& exit);

 private:
  void read();

  Loop& loop_;
  Timers& timers_;
  std::function<void(const std::vector<std::string>&)> on_done_;
  pid_t pid_ = 0;
  UniqueFd output_;
  std::unique_ptr<FdWatcher> watcher_;
  std::string told_;
  Timers::Id deadline_ = 0;
};

}  // namespace uvinetd
