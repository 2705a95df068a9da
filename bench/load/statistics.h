// SPDX-License-Identifier: ISC
// Percentiles of raw samples: exact, by selection, never by histogram.
#pragma once

#include <optional>
#include <vector>

#include "bench/load/sample.h"

namespace uvinetd::bench {

// In microseconds. A percentile is the smallest sample that is not less than that share of all
// ("nearest rank"), so each is a time that was really measured.
struct Summary {
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
  double mean = 0;
};

// Of one moment of all samples that have it; nullopt when none has.
std::optional<Summary> summarize(const std::vector<Sample>& samples, nanoseconds Sample::*moment);

}  // namespace uvinetd::bench
