// SPDX-License-Identifier: ISC
// Clients of redirected services: each has a connection to the service's target, and what one of
// the two says goes to the other, byte for byte, until both have said that they are done.
//
// They live in the reactor and die with it. Each direction ends by itself (half-close); when one
// side breaks, the other is reset, so that it does not take half an answer for a whole one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "core/base/address.h"
#include "core/base/loop.h"
#include "core/base/rare.h"
#include "core/base/unique_fd.h"
#include "core/reactor/metrics/meter.h"
#include "core/reactor/relay/pump.h"
#include "spawn/table.h"

namespace uvinetd {

// A client of whom nothing is left but what there is to say of it.
struct RelayEnd {
  std::uint32_t service = 0;
  SocketAddress peer;
  int unreachable = 0;         // the errno of the last target that could not be reached; 0: one was
  std::uint64_t received = 0;  // bytes that went from the client to the target
  std::uint64_t sent = 0;      // bytes that went back
  std::chrono::milliseconds lasted{0};
};

struct RelayClient {
  UniqueFd connection;  // non-blocking
  SocketAddress peer;   // who it is, and where it came to: what the target may be told
  SocketAddress local;
  Accepted accepted{0};
};

class Relays {
 public:
  static constexpr std::chrono::milliseconds kConnectLimit{10'000};  // for all targets together

  using OnEnd = std::function<void(const RelayEnd&)>;
  Relays(Loop& loop, Timers& timers, OnEnd on_end)
      : loop_(loop), timers_(timers), on_end_(std::move(on_end)) {}

  // `settings` with a target at least. May end at once.
  void open(std::uint32_t service, const Rare<ReactorSettings>& settings, RelayClient client);
  void set_on_first_byte(OnFirstByte told) { on_first_byte_ = std::move(told); }
  [[nodiscard]] std::size_t count() const { return all_.size(); }
  [[nodiscard]] std::size_t descriptors() const { return 2 * all_.size() + pool_.descriptors(); }
  void each_peer(
      const std::function<void(std::uint32_t service, const SocketAddress&)>& tell) const {
    for (const auto& one : all_) tell(one.service, one.peer);
  }

 private:
  struct One {
    explicit One(PipePool& pool) : to_target(pool), to_client(pool) {}
    std::uint32_t service = 0;
    Rare<ReactorSettings> settings;
    SocketAddress peer;
    std::string announcement;  // what the target hears first
    UniqueFd client;
    UniqueFd target;
    std::unique_ptr<FdWatcher> client_watcher;  // after the connection that it watches
    std::unique_ptr<FdWatcher> target_watcher;
    Pump to_target;
    Pump to_client;
    Accepted accepted{0};
    std::size_t next_target = 0;
    int code = 0;  // why the last target could not be reached
    bool is_connected = false;
    std::chrono::milliseconds began{0};
    std::chrono::milliseconds last_active{0};
    Timers::Id deadline = 0;  // of the attempt to connect, then of silence
    std::list<One>::iterator self;
  };

  void try_next(One& one);
  [[nodiscard]] bool begin_connect(One& one, const SocketAddress& target);
  void on_target_ready(One& one);
  void on_connected(One& one);
  void pump(One& one);
  static void watch(One& one);
  void arm_idle(One& one);
  void on_idle(One& one);
  void end(One& one, bool is_reset);

  Loop& loop_;
  Timers& timers_;
  OnEnd on_end_;
  OnFirstByte on_first_byte_;
  PipePool pool_;  // outlives them all
  std::list<One> all_;
};

}  // namespace uvinetd
