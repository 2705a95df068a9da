// SPDX-License-Identifier: ISC
// What a superserver costs, read from /proc: CPU, memory and context switches of its processes.
//
// Its processes are those it was named by, and those of their descendants that help it. Servers are
// not among them: learn_resting() is called while no server runs, and what it takes for a helper by
// mistake (a server that is just ending) is dropped when it is gone at the end.
//
// Source   proc(5); Documentation/scheduler/sched-stats.rst of Linux (schedstat: nanoseconds).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "bench/load/sample.h"
#include "core/base/result.h"

namespace uvinetd::bench {

// Of one process, all its threads, since it began.
struct Usage {
  nanoseconds cpu{0};
  nanoseconds children_cpu{0};  // of reaped children and theirs
  std::uint64_t context_switches = 0;
};

// Of all processes over a run.
struct DaemonReport {
  std::size_t processes = 0;
  std::optional<std::uint64_t> pss_kib;  // nullopt when not allowed to know
  Usage usage;
};

class ProcessTree {
 public:
  // Errors   one of them is not there, or there is no /proc.
  static Result<ProcessTree> of(std::vector<pid_t> roots);

  // Takes all descendants for helpers.
  void learn_resting();
  // Takes those descendants for helpers that have children of their own: for when servers run.
  void learn_parents();

  // Between these two calls usage counts.
  void begin();
  [[nodiscard]] DaemonReport end() const;

 private:
  struct Process {
    std::uint64_t start_time = 0;  // with the pid, this names a process for ever
    Usage at_begin;
  };

  std::vector<pid_t> roots_;
  std::map<pid_t, Process> known_;
};

}  // namespace uvinetd::bench
