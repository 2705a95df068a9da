// SPDX-License-Identifier: ISC
// The metrics of the daemon as a whole. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "core/reactor/metrics/metrics_view.h"

namespace uvinetd {

// All of them, some ten kilobytes.
void print_daemon_families(std::string& out, const DaemonMetrics& daemon, const Counters& total,
                           std::uint64_t services);

}  // namespace uvinetd
