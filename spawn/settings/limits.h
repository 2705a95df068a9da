// SPDX-License-Identifier: ISC
// How often, how many at once and how long: what is counted before and while servers run.
#pragma once

#include <cstdint>

#include "core/base/codec.h"
#include "core/base/start_rate.h"

namespace uvinetd {

inline constexpr std::uint32_t kForEver = 0xffffffff;  // seconds
inline constexpr std::uint32_t kUsualPrefixV6 = 64;    // bits of one source

struct LimitSettings {
  StartRate rate;
  StartRate rate_per_source;
  std::uint32_t rate_pause_seconds = 0;  // 0: until a start is allowed
  std::uint32_t prefix_v6 = kUsualPrefixV6;
  bool refuses_at_limit = false;  // else clients wait in the backlog
  bool is_sensor = false;         // serves nobody, and bans who comes
  std::uint32_t ban_seconds = 0;  // of a sensor; 0: it only refuses
  // 0: no limit
  std::uint32_t start_seconds = 0;
  std::uint32_t idle_seconds = 0;
  std::uint32_t run_seconds = 0;

  [[nodiscard]] bool needs_connection() const { return start_seconds != 0 || idle_seconds != 0; }
  [[nodiscard]] bool limits_time() const { return needs_connection() || run_seconds != 0; }
  friend bool operator==(const LimitSettings&, const LimitSettings&) = default;
};

void put(Writer& out, const LimitSettings& settings);
void get(Reader& in, LimitSettings& out);

}  // namespace uvinetd
