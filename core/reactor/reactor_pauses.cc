// SPDX-License-Identifier: ISC
// What takes nobody for a while: a service by its limits or by an operator, everything when the
// reactor is out of descriptors.
#include <algorithm>
#include <cstring>

#include "core/reactor/reactor.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kShortestExhaustion{10};
constexpr std::chrono::milliseconds kLongestExhaustion{1'000};
constexpr std::chrono::seconds kWatchRetry{1};  // of a socket that could not be watched

}  // namespace

void Reactor::pause_everything(int code) {
  is_exhausted_ = true;
  meter_.paused_everything();
  if (exhausted_pause_.count() == 0 || now() - last_exhausted_ > 10 * kLongestExhaustion) {
    exhausted_pause_ = kShortestExhaustion;
    events_.tell(Event(LogLevel::Error, "pause")
                     .add("id", "*")
                     .add("reason", std::string("descriptors: accept: ") + std::strerror(code)));
  } else {
    exhausted_pause_ = std::min(exhausted_pause_ * 2, kLongestExhaustion);
  }
  last_exhausted_ = now();
  poller_watcher_->watch(0);
  timers_.after(exhausted_pause_, [this] {
    is_exhausted_ = false;
    if (is_accepting_) poller_watcher_->watch(UV_READABLE);
  });
}

void Reactor::reconcile_later(Listener& listener) {
  timers_.after(kWatchRetry, [this, key = listener.key()] {
    if (auto* there = find_listener(key)) there->retry_reconcile();
  });
}

void Reactor::pause(Service& service, const char* reason, std::chrono::milliseconds time) {
  if (service.pause != 0) return;
  service.pause_reason = reason;
  events_.tell(Event(LogLevel::Warning, "pause")
                   .add("id", service.entry.id)
                   .add("reason", reason)
                   .add("ms", time.count()));
  meter_.paused(service.counters);
  service.pause = timers_.after(time, [this, key = service.entry.key] {
    auto* paused = find_service(key);
    if (paused == nullptr) return;
    paused->pause = 0;
    events_.tell(Event(LogLevel::Notice, "resume")
                     .add("id", paused->entry.id)
                     .add("reason", paused->pause_reason));
    for (auto* listener : paused->listeners) listener->on_pause(paused->is_paused());
  });
  for (auto* listener : service.listeners) listener->on_pause(true);
}

// ---- what operators have paused --------------------------------------------------------------

void Reactor::on_hold(const Hold& hold) {
  if (hold.how == HoldHow::None) {
    holds_.erase(hold.id);
  } else {
    holds_[hold.id] = hold.how;
  }
  if (!has_applied_) return;  // it has been so before this reactor: settled with the others
  for (auto& [key, service] : services_) {
    if (service->entry.id != hold.id) continue;
    settle_hold(*service);
    events_.tell(Event(LogLevel::Notice, hold.how == HoldHow::None ? "resume" : "pause")
                     .add("id", hold.id)
                     .add("reason", "operator"));
  }
}

void Reactor::settle_hold(Service& service) {
  const auto found = holds_.find(service.entry.id);
  const auto how = found == holds_.end() ? HoldHow::None : found->second;
  if (how == service.hold) return;
  service.hold = how;
  for (auto* listener : service.listeners) listener->on_pause(service.is_paused());
}

}  // namespace uvinetd
