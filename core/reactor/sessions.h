// SPDX-License-Identifier: ISC
// The conversations of stream built-ins, which live in the reactor and die with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/address.h"
#include "core/base/loop.h"
#include "core/base/unique_fd.h"
#include "core/reactor/metrics/meter.h"
#include "internal/builtin.h"

namespace uvinetd {

class Sessions {
 public:
  static constexpr std::chrono::minutes kIdleLimit{10};

  using OnEnd = std::function<void(std::uint32_t service, const SocketAddress& peer)>;
  // A client of `service` that wants another one, by its name; it is taken by moving from
  // `connection`, which nothing watches any more. Otherwise what is to be said to it.
  struct Wanted {
    std::uint32_t service = 0;
    std::string_view name;
    UniqueFd& connection;
    const SocketAddress& peer;
    const SocketAddress& local;  // where it came to, if a proxy has said who it is; else unset
    Accepted accepted{0};
  };
  using OnWanted = std::function<std::string(const Wanted&)>;

  // `on_end` is called when a session is over, `on_wanted` when one hands its client over.
  Sessions(Loop& loop, Timers& timers, OnEnd on_end, OnWanted on_wanted)
      : loop_(loop),
        timers_(timers),
        on_end_(std::move(on_end)),
        on_wanted_(std::move(on_wanted)) {}

  // Serves a freshly accepted, non-blocking connection until it ends.
  void open(const Builtin& builtin, std::uint32_t service, UniqueFd connection,
            const SocketAddress& peer, const SocketAddress& local = {}, Accepted accepted = {});
  // The same with a session that is there already.
  void open(std::unique_ptr<StreamSession> session, std::uint32_t service, UniqueFd connection,
            const SocketAddress& peer, const SocketAddress& local = {}, Accepted accepted = {});
  void set_on_first_byte(OnFirstByte told) { on_first_byte_ = std::move(told); }
  [[nodiscard]] std::size_t count() const { return all_.size(); }
  void each_peer(
      const std::function<void(std::uint32_t service, const SocketAddress&)>& tell) const {
    for (const auto& one : all_) tell(one.service, one.peer);
  }

 private:
  struct One {
    std::uint32_t service = 0;
    SocketAddress peer;
    SocketAddress local;
    UniqueFd fd;
    Accepted accepted{0};
    bool has_spoken = false;
    std::unique_ptr<StreamSession> session;
    std::unique_ptr<FdWatcher> watcher;
    std::chrono::milliseconds last_active{0};
    int watched = 0;                // events
    std::chrono::seconds limit{0};  // of time, as the session has it now
    Timers::Id deadline = 0;        // of a session that has one
    std::list<One>::iterator self;
  };

  void on_ready(One& one);
  Interest take_step(One& one);
  void follow(One& one, Interest interest);
  Interest hand_over(One& one);
  void set_deadline(One& one);
  void end(One& one);
  void arm_sweep();
  void sweep();

  Loop& loop_;
  Timers& timers_;
  OnEnd on_end_;
  OnWanted on_wanted_;
  OnFirstByte on_first_byte_;
  std::list<One> all_;
  Timers::Id sweep_ = 0;
};

}  // namespace uvinetd
