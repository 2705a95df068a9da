// SPDX-License-Identifier: ISC
// Becoming a daemon, every step of daemon(7) "SysV daemons", and telling the starting process how
// it went. Called before any loop, thread or role exists.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

// Closes every inherited descriptor above 2 except `keep` (-1: none) and `also`, opens 0..2 on
// /dev/null where closed (so that no socket of ours ever becomes fd 0, 1 or 2), resets all signal
// dispositions and the mask. For the daemon and the foreground alike.
void clean_inherited_state(int keep, std::vector<int> also = {});

// The daemon's line to the process that started it. The starter waits until one of the two is
// said, or the daemon dies.
class StartReport {
 public:
  StartReport() = default;
  explicit StartReport(UniqueFd end) : end_(std::move(end)) {}
  // Everything is bound and running: the starter exits 0. Both are silent when it has gone.
  void ready();
  // The starter prints `reason` on its stderr and exits with `status` (not 0).
  void failed(int status, const std::string& reason);

 private:
  UniqueFd end_;
};

// Forks twice with setsid between, umask 022, working directory /, 0 and 1 to /dev/null. Returns in
// the daemon only; the starting process waits for the report and _exits with its status (1 and
// "the daemon ended without a word" when it died).
// Standard error stays open until StartReport says ready (diagnostics reach the person who started
// it): call detach_stdio() then.
// Errors: in the starting process when nothing was forked yet; in the daemon (the starter knows
// already) when "/" cannot be entered.
Result<StartReport> daemonise();
// 0, 1 and 2 to /dev/null.
void detach_stdio();

}  // namespace uvinetd
