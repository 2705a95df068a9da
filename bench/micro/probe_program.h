// SPDX-License-Identifier: ISC
// The server that the spawn benchmarks start.
#pragma once

#include <string>

namespace uvinetd::bench {

// $UVINETD_BENCH_PROBE, or bench_probe_tiny beside this program, or else true(1).
[[nodiscard]] const std::string& probe_program();

// Its last part, for labels: figures of different probes are no comparison.
[[nodiscard]] std::string probe_name();

}  // namespace uvinetd::bench
