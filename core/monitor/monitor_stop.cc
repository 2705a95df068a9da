// SPDX-License-Identifier: ISC
// The monitor's end: at once, within a second, or after the servers that run.
#include <signal.h>
#include <unistd.h>

#include <utility>

#include "core/monitor/monitor.h"

namespace uvinetd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kStopDeadline{800};  // for launches in flight
constexpr seconds kDrainDeadline{8};        // below the usual 10 s of a container
constexpr seconds kTermDeadline{1};
constexpr seconds kKillDeadline{1};
constexpr milliseconds kDrainLook{100};
constexpr milliseconds kLogLook{10};
constexpr int kLogLooks = 30;
constexpr int kLogLooksOfDrain = 250;
constexpr milliseconds kLeaveDeadline{150};  // for the roles to end

}  // namespace

// TERM: servers of connections live on, servers of `wait` sockets end so that a successor can
// bind; that of a syslog service ends when the others have, or we do, by its channel. INT and QUIT:
// the same without waiting for what is in flight.
//
//     stop() ─┬─ leave ──Stopped, 800 ms or again──────────────▶ finish()
//             └─ drain: Wait ──time or again──▶ Terminate ──1 s or again──▶ Kill ──1 s──▶ finish()
//                       └──────────── no server left ───────────────┴────────┴──────────────┘
void Monitor::stop(bool at_once) {
  if (drain_step_) return hurry_drain();
  if (std::exchange(is_stopping_, true)) return finish();
  log_.notice("stopping");
  if (getpid() == 1 || start_.options.drains) {
    if (!drain_time_) drain_time_ = start_.options.drain_time.value_or(kDrainDeadline);
  }
  if (drain_time_) {
    readiness_.stopping("stopping: waiting for servers",
                        *drain_time_ + kTermDeadline + kKillDeadline + kStopDeadline);
  } else {
    readiness_.stopping("stopping");
  }
  if (reactor_) reactor_->send(MessageType::StopAccepting, "");
  if (giver_ != nullptr) giver_->send(MessageType::StopAccepting, "");
  stop_servers(StopHow::EndWaitServers);
  if (drain_time_) return drain(at_once ? DrainStep::Terminate : DrainStep::Wait);
  if (at_once || !reactor_) return finish();
  timers_.after(kStopDeadline, [this] { finish(); });
}

// The servers that run may end by themselves for so long.
void Monitor::stop_after(milliseconds drain) {
  if (is_stopping_) return;
  drain_time_ = drain;
  stop(false);
}

// Those of launchers, and those whose launcher is dead.
void Monitor::stop_servers(StopHow how) {
  launchers_->stop_all(how);
  const auto orphans = launchers_->adopted();
  if (orphans.empty()) return;
  const auto table = Table::map(table_.get());
  for (const auto& child : orphans) {
    const auto service = table ? table->service(child.service) : std::nullopt;
    const bool is_wait = service && service->is_wait;
    if (how == StopHow::EndWaitServers && !is_wait) continue;
    const bool ends_last = service && !service->process->stdio.channel.empty();
    if (ends_last) continue;
    LauncherSet::signal_adopted(child, how == StopHow::KillAll ? SIGKILL : SIGTERM);
  }
}

void Monitor::on_reactor_stopped() {
  if (!is_stopping_ || giver_ != nullptr) return;  // that one has what is in flight
  has_reactor_stopped_ = true;
  if (!drain_step_) finish();
}

// As the init of a container, or as asked: our end is the end of all.
void Monitor::drain(DrainStep step) {
  drain_step_ = step;
  drain_step_end_ = loop_.now();
  if (step == DrainStep::Wait) drain_step_end_ += *drain_time_;
  if (step == DrainStep::Terminate) {
    stop_servers(StopHow::TerminateAll);
    drain_step_end_ += kTermDeadline;
  }
  if (step == DrainStep::Kill) {
    stop_servers(StopHow::KillAll);
    drain_step_end_ += kKillDeadline;
  }
  timers_.cancel(drain_timer_);
  look_at_drain();
}

void Monitor::hurry_drain() {
  if (*drain_step_ == DrainStep::Kill) return finish();
  drain(*drain_step_ == DrainStep::Wait ? DrainStep::Terminate : DrainStep::Kill);
}

void Monitor::look_at_drain() {
  // A connection that was accepted just before may be on its way to a launcher still.
  const bool is_settled = has_reactor_stopped_ || !reactor_ || *drain_step_ != DrainStep::Wait;
  // The reactor has to hear of the last end before its own, and tell it.
  const bool are_alone = launchers_->children() <= launchers_->children_of(log_keys());
  const bool was_empty = std::exchange(is_empty_, is_settled && are_alone);
  if (is_empty_ && (was_empty || !reactor_)) return finish();
  if (loop_.now() >= drain_step_end_) return hurry_drain();
  // Nobody pings in the place of a reactor that is gone.
  if (!reactor_) readiness_.alive();
  drain_timer_ = timers_.after(kDrainLook, [this] {
    drain_timer_ = 0;
    look_at_drain();
  });
}

// Lets go of everything; then only the ends of the roles are waited for, so that none outlives us
// as somebody else's zombie.
void Monitor::finish() {
  is_stopping_ = true;
  if (!syslogs_.is_empty()) {
    if (exit_status_ == 0) log_.notice("stopped");
    log_.tell_repeats();
    log_.flush();
    const auto keys = log_keys();
    syslogs_.end();
    is_log_ended_ = true;
    return end_logs(keys, drain_step_ ? kLogLooksOfDrain : kLogLooks);
  }
  if (std::exchange(is_finishing_, true)) return;
  timers_.cancel(drain_timer_);
  rpc_.stop();
  launchers_->stop_all(StopHow::LeaveNow);
  if (reactor_) reactor_->kill();
  if (resolver_) kill(resolver_->pid, SIGKILL);
  for (const auto& past : past_reactors_) past->kill();
  for (const auto& past : past_resolvers_) kill(past.pid, SIGKILL);
  sockets_.remove_paths([this](std::uint32_t key) { return store_.has(key); });
  control_.remove();
  if (start_.pid_file) start_.pid_file->remove();
  if (exit_status_ == 0 && !is_log_ended_) log_.notice("stopped");
  log_.tell_repeats();
  log_.flush();
  timers_.after(kLeaveDeadline, [this] { loop_.stop(); });
  leave_if_alone();
}

// Their servers write what they have, and then a successor can bind.
void Monitor::end_logs(const std::set<std::uint32_t>& keys, int looks) {
  if (is_finishing_) return;
  if (looks == 0 || launchers_->children_of(keys) == 0) return finish();
  timers_.after(kLogLook, [this, keys, looks] { end_logs(keys, looks - 1); });
}

// Of syslog services, whose servers end when the others have.
std::set<std::uint32_t> Monitor::log_keys() const {
  std::set<std::uint32_t> out;
  for (const auto& id : syslogs_.services()) {
    if (const auto key = builder_.key_of(id)) out.insert(*key);
  }
  return out;
}

void Monitor::leave_if_alone() {
  const bool is_alone = !reactor_ && !resolver_ && past_reactors_.empty() &&
                        past_resolvers_.empty() && launchers_->count() == 0 && !rpc_.is_busy();
  if (is_finishing_ && is_alone) loop_.stop();
}

}  // namespace uvinetd
