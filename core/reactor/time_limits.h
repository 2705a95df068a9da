// SPDX-License-Identifier: ISC
// How long servers may take: to begin, without a byte to or from their client, and in all. Who
// takes longer is told to end, and killed a little later.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "core/base/connection_activity.h"
#include "core/base/loop.h"
#include "core/reactor/kept_connections.h"
#include "spawn/settings/limits.h"
#include "spawn/wire.h"

namespace uvinetd {

// What is to be done about a server now. Pure.
struct TimeVerdict {
  const char* reason = nullptr;             // it has had its time: "runtime", "start", "idle"
  std::chrono::milliseconds look_again{0};  // else when the next limit may be reached; 0: never
};
// `ran` is since its start; `activity` is null when nobody can say.
[[nodiscard]] TimeVerdict judge_times(const LimitSettings& limits, std::chrono::milliseconds ran,
                                      const ConnectionActivity* activity);

class TimeLimits {
 public:
  // Between the two signals; uvinetd-tuning(7) says so.
  static constexpr std::chrono::seconds kGrace{5};

  struct Callbacks {
    std::function<void(LaunchId, const char* reason)> on_timeout;
    std::function<void(LaunchId, int signal)> end;
  };

  // `connections`: those of servers whose limits need to see what goes through them.
  TimeLimits(Timers& timers, const KeptConnections& connections, Callbacks callbacks)
      : timers_(timers), connections_(connections), callbacks_(std::move(callbacks)) {}
  ~TimeLimits();

  // The server runs since `started` (CLOCK_MONOTONIC). Also when its limits have changed.
  void watch(LaunchId id, const LimitSettings& limits, std::chrono::nanoseconds started);
  // It has ended, or was not started after all.
  void forget(LaunchId id);

  [[nodiscard]] std::size_t size() const { return all_.size(); }

 private:
  struct One {
    LimitSettings limits;
    std::chrono::nanoseconds started{0};
    Timers::Id timer = 0;
    bool is_told = false;
  };

  void look(LaunchId id);

  Timers& timers_;
  const KeptConnections& connections_;
  Callbacks callbacks_;
  std::unordered_map<LaunchId, One> all_;
};

}  // namespace uvinetd
