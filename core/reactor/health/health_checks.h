// SPDX-License-Identifier: ISC
// Services that answer whether something is well, by a command that they run.
//
//     client asks ──▶ fresh result? ──yes──▶ told
//                        │no
//                        ▼
//                     a run, if there is none ──exit, or too late──▶ result ──▶ all who wait
//
// One run at a time for each service, and its result counts for a while: however many ask, the
// command is started once in that time. A run that is too late has failed; what goes on of it is
// ended by the limit of its run time, and before that there is no other.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/address.h"
#include "core/base/loop.h"
#include "core/base/unique_fd.h"
#include "core/reactor/health/health_client.h"
#include "core/reactor/metrics/meter.h"
#include "spawn/settings/relay.h"
#include "spawn/wire.h"

namespace uvinetd {

class HealthChecks {
 public:
  static constexpr std::size_t kMostOutput = 64 * 1024;      // bytes; more is read and forgotten
  static constexpr std::chrono::seconds kAskLimit{5};        // then a client has asked
  static constexpr std::chrono::seconds kFarewellLimit{10};  // until it has taken the answer

  struct Callbacks {
    // Starts the command with this socket as its stdio. 0: it cannot be.
    std::function<LaunchId(std::uint32_t service, UniqueFd socket)> start;
    std::function<void(std::uint32_t service, const SocketAddress& peer)> on_client_end;
    OnFirstByte on_first_byte = nullptr;
  };
  HealthChecks(Loop& loop, Timers& timers, Callbacks callbacks)
      : loop_(loop), timers_(timers), callbacks_(std::move(callbacks)) {}

  // A client with a non-blocking connection. May end at once.
  void open(std::uint32_t service, const HealthSettings& settings, UniqueFd connection,
            const SocketAddress& peer, Accepted accepted = {});
  // What became of a launch, if it was one of these.
  void on_exited(LaunchId id, int status);
  void on_failed(LaunchId id);

  [[nodiscard]] std::size_t count() const { return clients_.size(); }
  [[nodiscard]] std::size_t descriptors() const { return clients_.size() + checks_.size(); }
  void each_peer(
      const std::function<void(std::uint32_t service, const SocketAddress&)>& tell) const {
    for (const auto& one : clients_) tell(one.service, one.peer);
  }

 private:
  struct One {
    One(std::uint32_t its_service, HealthForm form) : service(its_service), client(form) {}
    std::uint32_t service = 0;
    SocketAddress peer;
    Accepted accepted{0};
    UniqueFd fd;
    std::unique_ptr<FdWatcher> watcher;
    HealthClient client;
    bool is_waiting = false;  // for a result
    Timers::Id deadline = 0;
    std::list<One>::iterator self;
  };
  struct Check {
    HealthSettings settings;
    LaunchId run = 0;  // while it runs, or is about to
    UniqueFd output;
    std::unique_ptr<FdWatcher> watcher;
    std::string text;
    Timers::Id deadline = 0;
    std::optional<HealthResult> result;
    std::chrono::milliseconds made{0};  // the result
    Timers::Id expiry = 0;
    bool is_awaited = false;  // the run is not too late
  };

  void on_ready(One& one);
  void follow(One& one, HealthClient::Next next);
  void ask(One& one);
  void tell(One& one, const HealthResult& result);
  void end(One& one);

  void run(std::uint32_t service, Check& check);
  static void read_output(Check& check);
  void finish(std::uint32_t service, Check& check, HealthResult result);
  void forget_if_done(std::uint32_t service);
  std::map<std::uint32_t, Check>::iterator find(LaunchId id);

  Loop& loop_;
  Timers& timers_;
  Callbacks callbacks_;
  std::list<One> clients_;
  std::map<std::uint32_t, Check> checks_;  // by service
};

}  // namespace uvinetd
