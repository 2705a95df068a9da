// SPDX-License-Identifier: ISC
#include "core/base/loop.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace uvinetd {
namespace {

// libuv fails here only for want of descriptors or memory at start, or by our own mistake.
void require(int code, const char* what) {
  if (code >= 0) return;
  std::fprintf(stderr, "uvinetd: %s: %s\n", what, uv_strerror(code));
  std::_Exit(1);
}

}  // namespace

Loop::Loop() {
  require(uv_loop_init(&loop_), "uv_loop_init");
  loop_.data = this;
}

// From the first callback of a turn to the handle that runs just before the loop waits again. The
// callbacks of descriptors run while it polls, so that a pair of handles around that cannot tell
// work from waiting.
struct Loop::Turns {
  uv_prepare_t prepare;
  std::function<void(std::chrono::nanoseconds)> told;
  std::uint64_t began = 0;  // nanoseconds; 0: nothing has been called yet

  static void on_end(uv_prepare_t* prepare) noexcept {
    auto* turns = static_cast<Turns*>(prepare->data);
    const auto began = std::exchange(turns->began, 0);
    if (began != 0) turns->told(std::chrono::nanoseconds(uv_hrtime() - began));
  }
};

void Loop::watch_turns(std::function<void(std::chrono::nanoseconds)> told) {
  turns_ = new Turns;
  turns_->told = std::move(told);
  require(uv_prepare_init(&loop_, &turns_->prepare), "uv_prepare_init");
  turns_->prepare.data = turns_;
  uv_prepare_start(&turns_->prepare, Turns::on_end);
  uv_unref(reinterpret_cast<uv_handle_t*>(&turns_->prepare));
}

void Loop::note_call(const uv_loop_t* loop) noexcept {
  auto* turns = static_cast<Loop*>(loop->data)->turns_;
  if (turns != nullptr && turns->began == 0) turns->began = uv_hrtime();
}

Loop::~Loop() {
  if (turns_ != nullptr) {
    uv_close(reinterpret_cast<uv_handle_t*>(&turns_->prepare),
             [](uv_handle_t* handle) noexcept { delete static_cast<Turns*>(handle->data); });
  }
  uv_run(&loop_, UV_RUN_NOWAIT);  // lets close callbacks free their handles
  uv_loop_close(&loop_);
}

void Loop::run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void Loop::stop() {
  uv_stop(&loop_);
}

std::chrono::milliseconds Loop::now() const {
  return std::chrono::milliseconds(uv_now(&loop_));
}

// ---- FdWatcher -------------------------------------------------------------------------------

struct FdWatcher::Handle {
  uv_poll_t poll;
  Callback callback;
  int events = 0;

  // libuv stops a handle whose descriptor is in error. The error shows itself to whoever reads or
  // writes next, but there may be more to read before it.
  static void on_ready(uv_poll_t* poll, int status, int ready) noexcept {
    auto* handle = static_cast<Handle*>(poll->data);
    Loop::note_call(poll->loop);
    if (status < 0) uv_poll_start(poll, handle->events, on_ready);
    handle->callback(status < 0 ? UV_READABLE | UV_WRITABLE : ready);
  }
};

FdWatcher::FdWatcher(Loop& loop, int fd, Callback callback) : handle_(new Handle) {
  handle_->callback = std::move(callback);
  require(uv_poll_init(loop.get(), &handle_->poll, fd), "uv_poll_init");
  handle_->poll.data = handle_;
}

FdWatcher::~FdWatcher() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll),
           [](uv_handle_t* handle) noexcept { delete static_cast<Handle*>(handle->data); });
}

void FdWatcher::watch(int events) {
  if (std::exchange(handle_->events, events) == events) return;
  if (events == 0) {
    uv_poll_stop(&handle_->poll);
    return;
  }
  require(uv_poll_start(&handle_->poll, events, Handle::on_ready), "uv_poll_start");
}

// ---- Timers ----------------------------------------------------------------------------------

struct Timers::Handle {
  uv_timer_t timer;
  Timers* owner;
};

Timers::Timers(Loop& loop) : loop_(loop), handle_(new Handle) {
  handle_->owner = this;
  require(uv_timer_init(loop.get(), &handle_->timer), "uv_timer_init");
  handle_->timer.data = handle_;
}

Timers::~Timers() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->timer),
           [](uv_handle_t* handle) noexcept { delete static_cast<Handle*>(handle->data); });
}

Timers::Id Timers::after(std::chrono::milliseconds delay, std::function<void()> callback) {
  const auto due = static_cast<std::uint64_t>(loop_.now().count() + delay.count());
  const auto id = ++last_;
  by_time_.emplace(std::pair(due, id), std::move(callback));
  due_.emplace(id, due);
  if (by_time_.begin()->first.second == id) arm();
  return id;
}

void Timers::cancel(Id& id) {
  const auto known = due_.find(std::exchange(id, 0));
  if (known == due_.end()) return;
  by_time_.erase({known->second, known->first});
  due_.erase(known);
  if (by_time_.empty()) uv_timer_stop(&handle_->timer);
}

void Timers::arm() {
  if (by_time_.empty()) return;
  const auto now = static_cast<std::uint64_t>(loop_.now().count());
  const auto due = by_time_.begin()->first.first;
  uv_timer_start(
      &handle_->timer,
      [](uv_timer_t* timer) noexcept {
        Loop::note_call(timer->loop);
        static_cast<Handle*>(timer->data)->owner->fire();
      },
      due > now ? due - now : 0, 0);
}

void Timers::fire() {
  const auto now = static_cast<std::uint64_t>(loop_.now().count());
  while (!by_time_.empty() && by_time_.begin()->first.first <= now) {
    auto node = by_time_.extract(by_time_.begin());
    due_.erase(node.key().second);
    node.mapped()();
  }
  arm();
}

// ---- SignalWatcher ---------------------------------------------------------------------------

struct SignalWatcher::Handle {
  uv_signal_t signal;
  std::function<void()> callback;
};

SignalWatcher::SignalWatcher(Loop& loop, int signal, std::function<void()> callback)
    : handle_(new Handle) {
  handle_->callback = std::move(callback);
  require(uv_signal_init(loop.get(), &handle_->signal), "uv_signal_init");
  handle_->signal.data = handle_;
  require(uv_signal_start(
              &handle_->signal,
              [](uv_signal_t* watcher, int) noexcept {
                Loop::note_call(watcher->loop);
                static_cast<Handle*>(watcher->data)->callback();
              },
              signal),
          "uv_signal_start");
}

SignalWatcher::~SignalWatcher() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->signal),
           [](uv_handle_t* handle) noexcept { delete static_cast<Handle*>(handle->data); });
}

}  // namespace uvinetd
