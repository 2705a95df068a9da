// SPDX-License-Identifier: ISC
#include "core/base/token_bucket.h"

#include <algorithm>

namespace uvinetd {

// A count has 31 bits and a period of at most kLongestPeriod 30: no product here has more than 62.
void TokenBucket::refill(const StartRate& rate, std::chrono::milliseconds now) {
  const std::uint64_t per = rate.per_milliseconds;
  missing_ = std::min(missing_, rate.burst);
  rest_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(rest_, per - 1));
  const auto passed = static_cast<std::uint64_t>(std::max<std::int64_t>((now - since_).count(), 0));
  since_ = std::max(since_, now);
  if (missing_ == 0 || passed > missing_ * per / rate.count) {
    missing_ = 0;
    rest_ = 0;
    return;
  }
  const auto come = passed * rate.count + rest_;
  const auto tokens = come / per;
  if (tokens >= missing_) {
    missing_ = 0;
    rest_ = 0;
    return;
  }
  missing_ -= static_cast<std::uint32_t>(tokens);
  rest_ = static_cast<std::uint32_t>(come % per);
}

bool TokenBucket::allows(const StartRate& rate, std::chrono::milliseconds now) {
  if (!rate.is_limit()) return true;
  refill(rate, now);
  return missing_ < rate.burst;
}

void TokenBucket::take(const StartRate& rate, std::chrono::milliseconds now) {
  if (!rate.is_limit()) return;
  refill(rate, now);
  if (missing_ < rate.burst) ++missing_;
}

std::chrono::milliseconds TokenBucket::wait(const StartRate& rate, std::chrono::milliseconds now) {
  if (allows(rate, now)) return std::chrono::milliseconds(0);
  const std::uint64_t lacking = rate.per_milliseconds - rest_;
  return std::chrono::milliseconds((lacking + rate.count - 1) / rate.count);
}

}  // namespace uvinetd
