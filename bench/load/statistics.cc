// SPDX-License-Identifier: ISC
#include "bench/load/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace uvinetd::bench {
namespace {

double percentile(std::vector<double>& values, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

std::optional<Summary> summarize(const std::vector<Sample>& samples, nanoseconds Sample::*moment) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const auto& sample : samples)
    if (sample.*moment != Sample::kAbsent)
      values.push_back(static_cast<double>((sample.*moment).count()) / 1000);
  if (values.empty()) return std::nullopt;
  Summary out;
  out.p50 = percentile(values, 0.5);
  out.p90 = percentile(values, 0.9);
  out.p99 = percentile(values, 0.99);
  out.p999 = percentile(values, 0.999);
  out.max = *std::max_element(values.begin(), values.end());
  out.mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  return out;
}

}  // namespace uvinetd::bench
