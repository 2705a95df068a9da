// SPDX-License-Identifier: ISC
// How many starts a service has in a minute. Pure but for the time passed in.
#pragma once

#include <chrono>
#include <cstdint>

namespace uvinetd {

// At most N starts in a fixed window of 60 s that begins with its first start (FreeBSD inetd(8) -R,
// `.N` and `:N` of inetd.conf). Exactly N.
class MinuteRate {
 public:
  // True when one more may start now. `most` 0 is no limit.
  [[nodiscard]] bool allows(std::uint32_t most, std::chrono::milliseconds now) const;
  void count(std::chrono::milliseconds now);
  // Until the window ends; meaningful after allows() said no.
  [[nodiscard]] std::chrono::milliseconds wait(std::chrono::milliseconds now) const;

 private:
  static constexpr std::chrono::milliseconds kWindow{60'000};
  std::chrono::milliseconds start_{-kWindow};
  std::uint32_t starts_ = 0;
};

}  // namespace uvinetd
