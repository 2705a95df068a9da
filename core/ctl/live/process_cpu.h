// SPDX-License-Identifier: ISC
// CPU time of processes that run, from /proc/PID/stat.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace uvinetd {

// Of the process, and of its children that it has waited for, in clock ticks. Pure.
[[nodiscard]] std::optional<std::int64_t> cpu_ticks(std::string_view stat);
// In microseconds; nullopt: it has ended, or /proc is not to be read.
[[nodiscard]] std::optional<std::int64_t> process_cpu_usec(pid_t pid);

}  // namespace uvinetd
