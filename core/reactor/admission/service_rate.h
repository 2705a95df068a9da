// SPDX-License-Identifier: ISC
// How often a service starts a server: so many per fixed minute, a bucket, or both.
#pragma once

#include <algorithm>
#include <chrono>

#include "core/base/token_bucket.h"
#include "core/reactor/admission/minute_rate.h"
#include "spawn/table.h"

namespace uvinetd {

class ServiceRate {
 public:
  [[nodiscard]] bool allows(const TableOutline& entry, std::chrono::milliseconds now) {
    return minute_.allows(entry.starts_per_minute, now) &&
           bucket_.allows(entry.more->limits.rate, now);
  }
  void count(const TableOutline& entry, std::chrono::milliseconds now) {
    minute_.count(now);
    bucket_.take(entry.more->limits.rate, now);
  }
  // Until one more is allowed, and at least the pause that the service wants then.
  [[nodiscard]] std::chrono::milliseconds wait(const TableOutline& entry,
                                               std::chrono::milliseconds now) {
    const auto& limits = entry.more->limits;
    std::chrono::milliseconds longest = std::chrono::seconds(limits.rate_pause_seconds);
    if (!minute_.allows(entry.starts_per_minute, now))
      longest = std::max(longest, minute_.wait(now));
    return std::max(longest, bucket_.wait(limits.rate, now));
  }

 private:
  MinuteRate minute_;
  TokenBucket bucket_;
};

}  // namespace uvinetd
