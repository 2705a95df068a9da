// SPDX-License-Identifier: ISC
#include "core/reactor/time_limits.h"

#include <algorithm>

#include "core/base/clock.h"

namespace uvinetd {
namespace {

using std::chrono::milliseconds;

milliseconds limit_of(std::uint32_t seconds) {
  return milliseconds(std::int64_t{seconds} * 1000);
}

}  // namespace

TimeVerdict judge_times(const LimitSettings& limits, milliseconds ran,
                        const ConnectionActivity* activity) {
  TimeVerdict verdict;
  const auto consider = [&](std::uint32_t seconds, milliseconds used, const char* reason) {
    if (seconds == 0 || verdict.reason != nullptr) return;
    const auto rest = limit_of(seconds) - used;
    if (rest.count() <= 0) {
      verdict.reason = reason;
    } else if (verdict.look_again.count() == 0 || rest < verdict.look_again) {
      verdict.look_again = rest;
    }
  };
  consider(limits.run_seconds, ran, "runtime");
  if (activity == nullptr) return verdict;
  if (!activity->has_begun) consider(limits.start_seconds, ran, "start");
  // It cannot have been idle for longer than it has run.
  consider(limits.idle_seconds, std::min(activity->idle, ran), "idle");
  return verdict;
}

TimeLimits::~TimeLimits() {
  for (auto& [id, one] : all_) timers_.cancel(one.timer);
}

void TimeLimits::watch(LaunchId id, const LimitSettings& limits, std::chrono::nanoseconds started) {
  const auto known = all_.find(id);
  if (known == all_.end() && !limits.limits_time()) return;
  auto& one = known == all_.end() ? all_[id] : known->second;
  if (one.is_told) return;  // its end is on its way
  one.limits = limits;
  one.started = started;
  look(id);
}

void TimeLimits::forget(LaunchId id) {
  const auto found = all_.find(id);
  if (found == all_.end()) return;
  timers_.cancel(found->second.timer);
  all_.erase(found);
}

void TimeLimits::look(LaunchId id) {
  const auto found = all_.find(id);
  if (found == all_.end()) return;
  auto& one = found->second;
  timers_.cancel(one.timer);
  if (one.is_told) return callbacks_.end(id, SIGKILL);
  const auto ran = std::chrono::duration_cast<milliseconds>(monotonic_now() - one.started);
  const auto activity = activity_of(connections_.find(id));
  const auto verdict = judge_times(one.limits, ran, activity ? &*activity : nullptr);
  if (verdict.reason != nullptr) {
    one.is_told = true;
    callbacks_.on_timeout(id, verdict.reason);
    callbacks_.end(id, SIGTERM);
  } else if (verdict.look_again.count() == 0) {
    return;
  }
  const milliseconds delay = verdict.reason != nullptr ? milliseconds(kGrace) : verdict.look_again;
  one.timer = timers_.after(delay, [this, id] {
    if (const auto due = all_.find(id); due != all_.end()) due->second.timer = 0;
    look(id);
  });
}

}  // namespace uvinetd
