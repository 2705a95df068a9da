// SPDX-License-Identifier: ISC
// One service at run time: its table entry, what runs of it, and its pauses. The sockets are its
// listeners' (listener.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/loop.h"
#include "core/reactor/admission/service_rate.h"
#include "core/reactor/metrics/counters.h"
#include "spawn/table.h"
#include "spawn/wire.h"

namespace uvinetd {

class Listener;
class SocketGroup;

struct Service {
  TableOutline entry;
  std::vector<Listener*> listeners;
  std::shared_ptr<SocketGroup> group;  // with listen_fds, or while such a server still runs
  std::uint32_t instances = 0;         // running and starting, over all sockets
  ServiceRate rate;
  Timers::Id pause = 0;  // set while paused
  const char* pause_reason = "";
  HoldHow hold = HoldHow::None;      // by an operator
  std::uint32_t spawn_failures = 0;  // in a row; sets how long the next pause lasts
  bool is_removed = false;  // not in the table any more; kept until its children have ended
  mutable ServiceCounters counters;  // of those too to whom nothing else happens

  // Only clients that we accept ourselves can be refused: the others are left where they are.
  [[nodiscard]] bool refuses_held() const {
    return hold == HoldHow::Refuse && !entry.is_wait && !entry.is_datagram();
  }
  [[nodiscard]] bool is_paused() const {
    return pause != 0 || (hold != HoldHow::None && !refuses_held());
  }
  [[nodiscard]] bool is_at_limit() const {
    return entry.instances != 0 && instances >= entry.instances;
  }
  // Who comes at a limit of the whole service is told so, instead of standing in the backlog.
  [[nodiscard]] bool refuses_at_limit() const { return entry.more->limits.refuses_at_limit; }
};

// Keys of sockets begin at 1: the listener of a connection that has come through another service.
inline constexpr std::uint32_t kNoListener = 0;

// A server that runs.
struct Running {
  std::uint32_t service = 0;
  std::uint32_t listener = kNoListener;
  std::int32_t pid = 0;
  std::chrono::nanoseconds started{0};  // CLOCK_MONOTONIC
  SocketAddress peer;
};

}  // namespace uvinetd
