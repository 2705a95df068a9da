// SPDX-License-Identifier: ISC
#include "core/reactor/admission/minute_rate.h"

namespace uvinetd {

bool MinuteRate::allows(std::uint32_t most, std::chrono::milliseconds now) const {
  return most == 0 || now - start_ >= kWindow || starts_ < most;
}

void MinuteRate::count(std::chrono::milliseconds now) {
  if (now - start_ >= kWindow) {
    start_ = now;
    starts_ = 0;
  }
  ++starts_;
}

std::chrono::milliseconds MinuteRate::wait(std::chrono::milliseconds now) const {
  return start_ + kWindow - now;
}

}  // namespace uvinetd
