// SPDX-License-Identifier: ISC
// Starts per time with a burst. Pure but for the time passed in.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/base/start_rate.h"

namespace uvinetd {

// `burst` tokens to begin with, one for each start, and `rate.count` more in each `rate.per`,
// never more than `burst`. Whole numbers only: what has come of the next token is kept as a rest,
// so that nothing drifts. Which rate holds is said at each call: it may be another one after a
// reload.
class TokenBucket {
 public:
  // Whether there is a token. A rate without a count is no limit.
  [[nodiscard]] bool allows(const StartRate& rate, std::chrono::milliseconds now);
  // Takes one; when there is none, the next ones come later for it.
  void take(const StartRate& rate, std::chrono::milliseconds now);
  // Until there is one.
  [[nodiscard]] std::chrono::milliseconds wait(const StartRate& rate,
                                               std::chrono::milliseconds now);

 private:
  void refill(const StartRate& rate, std::chrono::milliseconds now);

  std::chrono::milliseconds since_{0};
  std::uint32_t missing_ = 0;  // tokens
  std::uint32_t rest_ = 0;     // of the next one: milliseconds times count, below per
};

}  // namespace uvinetd
