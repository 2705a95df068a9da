// SPDX-License-Identifier: ISC
// The conversations of stream built-ins, which live in the reactor and die with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>

#include "core/base/address.h"
#include "core/base/loop.h"
#include "core/base/unique_fd.h"
#include "internal/builtin.h"

namespace uvinetd {

class Sessions {
 public:
  static constexpr std::chrono::minutes kIdleLimit{10};

  using OnEnd = std::function<void(std::uint32_t service, const SocketAddress& peer)>;

  // `on_end` is called when a session is over.
  Sessions(Loop& loop, Timers& timers, OnEnd on_end)
      : loop_(loop), timers_(timers), on_end_(std::move(on_end)) {}

  // Serves a freshly accepted, non-blocking connection until it ends.
  void open(const Builtin& builtin, std::uint32_t service, UniqueFd connection,
            const SocketAddress& peer);
  [[nodiscard]] std::size_t count() const { return all_.size(); }

 private:
  struct One {
    std::uint32_t service = 0;
    SocketAddress peer;
    UniqueFd fd;
    std::unique_ptr<StreamSession> session;
    std::unique_ptr<FdWatcher> watcher;
    std::chrono::milliseconds last_active{0};
    int watched = 0;  // events
    std::list<One>::iterator self;
  };

  void on_ready(One& one);
  void end(One& one);
  void arm_sweep();
  void sweep();

  Loop& loop_;
  Timers& timers_;
  OnEnd on_end_;
  std::list<One> all_;
  Timers::Id sweep_ = 0;
};

}  // namespace uvinetd
