// SPDX-License-Identifier: ISC
// What wakes a launcher: its channels, children that end, the time that it has set itself.
//
// Signals are let in by pselect(2) alone, so nothing else is ever interrupted, and none is missed
// between looking and falling asleep. There is one per process: the disposition of SIGCHLD is the
// process's.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>
#include <span>

#include "core/base/channel.h"

namespace uvinetd {

class Wakeups {
 public:
  // Blocks every signal of this process, for good. So none need be ignored: what is ignored here,
  // each child would have to make default again before it is a server.
  void begin();

  struct Until {
    bool hears_reactor = true;   // else only written to
    bool hears_children = true;  // else their ends are told after the next sleep that does
    std::optional<std::chrono::nanoseconds> time;  // the longest sleep; nullopt: for ever
    std::span<const int> others;                   // descriptors that are read; below FD_SETSIZE
  };
  // Blocks until one of these. A channel that is not open says nothing; one with a backlog wakes
  // when it can be written to.
  void sleep(const Channel& monitor, const Channel& reactor, const Until& until);

  // Whether the last sleep was ended by the monitor's channel; true before the first one.
  [[nodiscard]] bool is_monitor_ready() const { return is_monitor_ready_; }
  // Whether a child has ended since this was last asked.
  [[nodiscard]] static bool take_child_end();

 private:
  sigset_t while_asleep_{};
  bool is_monitor_ready_ = true;
};

}  // namespace uvinetd
