// SPDX-License-Identifier: ISC
#include "core/reactor/metrics/histogram.h"

namespace uvinetd {

std::chrono::nanoseconds Histogram::quantile(double part) const {
  if (count_ == 0) return {};
  const double wanted = part * static_cast<double>(count_);
  double before = 0;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    const auto here = static_cast<double>(counts_[i]);
    if (here > 0 && before + here >= wanted) {
      const auto low = static_cast<double>(i == 0 ? 0 : kBounds[i - 1]);
      const double usec = low + (static_cast<double>(kBounds[i]) - low) * (wanted - before) / here;
      return std::chrono::nanoseconds(static_cast<std::int64_t>(usec * 1'000));
    }
    before += here;
  }
  return std::chrono::microseconds(kBounds.back());
}

}  // namespace uvinetd
