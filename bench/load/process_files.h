// SPDX-License-Identifier: ISC
// Single processes as /proc shows them. One that ends while being read is simply absent.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "bench/load/process_tree.h"

namespace uvinetd::bench {

struct ProcessStat {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = 0;                // 'Z': dead and not yet reaped
  std::uint64_t start_time = 0;  // clock ticks after boot
  nanoseconds cpu{0};            // to a clock tick
  nanoseconds children_cpu{0};
};

std::optional<ProcessStat> read_stat(pid_t pid);
std::vector<ProcessStat> read_all_stats();
// CPU to the nanosecond where the kernel counts that.
std::optional<Usage> read_usage(pid_t pid);
// Proportional set size: shared pages divided by how many share them. nullopt without permission.
std::optional<std::uint64_t> read_pss_kib(pid_t pid);

}  // namespace uvinetd::bench
