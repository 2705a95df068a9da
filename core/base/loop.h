// SPDX-License-Identifier: ISC
// libuv, wrapped once: the only place with its casts and close rules.
//
// A handle's memory may go only in its close callback, so each object here owns its libuv handle on
// the heap and lets go of it in its destructor. Callbacks are noexcept: a C frame cannot be
// unwound.
#pragma once

#include <uv.h>

#include <chrono>
#include <functional>
#include <map>

#include "core/base/result.h"

namespace uvinetd {

class Loop {
 public:
  Loop();
  ~Loop();  // every FdWatcher, Timer and SignalWatcher must be gone by now
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();  // until stop()
  void stop();
  // The time at the start of this turn; constant within it.
  [[nodiscard]] std::chrono::milliseconds now() const;
  [[nodiscard]] uv_loop_t* get() { return &loop_; }

  // `told` hears at the end of each turn in which something was called back how long that took. To
  // be asked for once.
  void watch_turns(std::function<void(std::chrono::nanoseconds)> told);

 private:
  friend class FdWatcher;
  friend class Timers;
  friend class SignalWatcher;
  struct Turns;
  static void note_call(const uv_loop_t* loop) noexcept;

  uv_loop_t loop_;
  Turns* turns_ = nullptr;
};

// Watches a descriptor that is ours alone (libuv makes it non-blocking). Stopped when made.
class FdWatcher {
 public:
  using Callback = std::function<void(int events)>;  // UV_READABLE | UV_WRITABLE | UV_DISCONNECT
  FdWatcher(Loop& loop, int fd, Callback callback);
  ~FdWatcher();  // before the descriptor is closed
  FdWatcher(const FdWatcher&) = delete;
  FdWatcher& operator=(const FdWatcher&) = delete;
  // Replaces the set of events; 0 stops.
  void watch(int events);

 private:
  struct Handle;
  Handle* handle_;
};

// One timer for many deadlines.
class Timers {
 public:
  using Id = std::uint64_t;  // 0 is no timer
  explicit Timers(Loop& loop);
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  // Calls `callback` once, not before `delay` has passed. No wake-up while nothing is set.
  Id after(std::chrono::milliseconds delay, std::function<void()> callback);
  void cancel(Id& id);  // sets it to 0; unknown ids are ignored

 private:
  struct Handle;
  void fire();
  void arm();
  Loop& loop_;
  Handle* handle_;
  Id last_ = 0;
  std::map<std::pair<std::uint64_t, Id>, std::function<void()>> by_time_;  // {ms, id}
  std::map<Id, std::uint64_t> due_;
};

class SignalWatcher {
 public:
  SignalWatcher(Loop& loop, int signal, std::function<void()> callback);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace uvinetd
