// SPDX-License-Identifier: ISC
// The reactor's launches: asked for by listeners, answered by launchers, settled when one dies.
#include <algorithm>
#include <string>
#include <utility>

#include "core/base/clock.h"
#include "core/base/errno_name.h"
#include "core/base/escape.h"
#include "core/reactor/reactor.h"
#include "spawn/child_steps.h"
#include "spawn/reaper.h"

namespace uvinetd {
namespace {

constexpr int kMostAttempts = 6;  // 20, 40, ... ms: about a second in all
constexpr std::chrono::milliseconds kFirstRetry{20};
constexpr std::chrono::milliseconds kSpawnPause{1'000};

// Failures that may pass by themselves: no process, no memory, no descriptor for now.
bool is_passing(const Report& report) {
  return report.step == "posix_spawn" || report.step == "fork" || report.step == "pipe" ||
         report.step == "clone" || report.step == "ledger" || report.step == "recvmsg" ||
         (report.step == "execve" && report.code == ENOMEM);
}

std::string error_and_step(const Report& report) {
  return errno_name(report.code) + " step=" + report.step;
}

}  // namespace

bool Reactor::has_room(Listener& listener) {
  const auto identity = listener.service().entry.identity;
  if (listener.service().entry.is_internal()) {
    if (has_session_room()) return true;
    starved_for_sessions_.push_back(listener.key());
  } else if (is_full()) {
    starved_globally_.push_back(listener.key());
  } else if (!launchers_.has_room(identity)) {
    starved_[identity].push_back(listener.key());
  } else {
    return true;
  }
  listener.set_starved(true);
  return false;
}

void Reactor::wake(std::vector<std::uint32_t>& starved) {
  for (const auto key : std::exchange(starved, {})) {
    if (auto* listener = find_listener(key); listener != nullptr && listener->fd() >= 0) {
      listener->set_starved(false);
    }
  }
}

const char* Reactor::refuse_all(Service& service) {
  return admission_.refuse_all(service, now());
}

LaunchId Reactor::launch(Listener& listener, const std::vector<Listener*>& sockets) {
  std::vector<int> fds;
  InFlight launch = new_launch(listener.service(), listener.key());
  for (const auto* socket : sockets) {
    if (listener.service().entry.listen_fds) launch.sockets.push_back(socket->key());
    fds.push_back(socket->fd());
  }
  const auto id = launch.id;
  if (!launchers_.submit(launch, fds)) return 0;
  ++listener.service().instances;
  ++instances_;
  if (listener.service().entry.is_datagram()) {
    meter_.datagrams(listener.service().counters, 1);
  }
  return id;
}

InFlight Reactor::new_launch(const Service& service, std::uint32_t listener) {
  InFlight launch;
  launch.id = make_launch_id(epoch_, ++sequence_);
  launch.identity = service.entry.identity;
  launch.service = service.entry.key;
  launch.listener = listener;
  launch.accepted = monotonic_now();
  return launch;
}

LaunchId Reactor::launch_for(Service& service, std::uint32_t listener, UniqueFd connection,
                             const Client& client, Accepted accepted) {
  InFlight launch = new_launch(service, listener);
  launch.accepted = accepted;
  const auto id = launch.id;
  const int socket = connection.get();
  launch.peer = client.peer;
  launch.local = client.local;
  launch.is_connection = true;
  launch.copy = std::move(connection);
  ++service.instances;
  ++instances_;
  if (is_retiring_) {
    hand_back(std::move(launch));
    return id;
  }
  const auto& more = *service.entry.more;
  const bool is_kept = more.limits.needs_connection() || more.ends.lingers;
  if (is_kept && !kept_connections_.keep(id, socket)) {
    give_up(launch, "descriptors", true);
  } else if (!launchers_.submit(launch, socket)) {
    hold(std::move(launch));  // its launcher has just died: another will take it
  }
  return id;
}

// ---- answers ---------------------------------------------------------------------------------

void Reactor::on_report(Report& report, std::optional<InFlight> launch) {
  switch (report.kind) {
    case ReportKind::Started:
      on_started(report, launch);
      break;
    case ReportKind::Failed:
      if (launch) {
        on_failed(report, std::move(*launch));
      } else if (auto* service = find_service(report.service)) {
        // Asked for by a reactor that is dead.
        meter_.failed(service->counters, report.step);
        refuse(
            *service, "-",
            (is_child_step(report.step) ? "box errno=" : "exec errno=") + error_and_step(report));
      }
      break;
    case ReportKind::Exited:
      on_exited(report, true);
      break;
    case ReportKind::Cold:
      if (const auto* service = find_service(report.service)) {
        events_.tell(Event(LogLevel::Warning, "zygote")
                         .add("id", service->entry.id)
                         .add("reason", one_line(report.step, 160)));
      }
      break;
  }
  check_stopped();
}

void Reactor::on_started(const Report& report, const std::optional<InFlight>& launch) {
  if (!launch) {  // asked for by a reactor that is dead, started after its ledger was read
    adopt(launchers_.child_of(report));
    return;
  }
  auto* service = find_service(launch->service);
  if (service == nullptr) return;
  const auto now = monotonic_now();
  service->spawn_failures = 0;
  meter_.started(service->counters, launch->accepted, now);
  running_.emplace(launch->id,
                   Running{launch->service, launch->listener, report.pid, now, launch->peer});
  time_limits_.watch(launch->id, service->entry.more->limits, now);
  errors_.began(report.pid, launch->service, service->entry.identity, launch->peer);
  events_.started(*service, report.pid, launch->peer);
  if (auto* owner = find_owner(launch->service, launch->listener)) owner->on_started(launch->id);
}

void Reactor::on_failed(const Report& report, InFlight launch) {
  auto* service = find_service(launch.service);
  if (service == nullptr) return;
  meter_.failed(service->counters, report.step);
  if (!is_passing(report)) {
    // A box that could not be built is told from a program that could not be started.
    const bool is_box = is_child_step(report.step);
    give_up(launch, (is_box ? "box errno=" : "exec errno=") + error_and_step(report), true);
    return;
  }
  if (launch.copy.is_open() && ++launch.attempts < kMostAttempts) {
    retry_later(std::move(launch));
    return;
  }
  const auto doubled = kSpawnPause * (1U << std::min(service->spawn_failures++, 5U));
  pause(*service, "spawn", doubled + doubled * (random_bits() % 20) / 100);
  // A datagram is kept for the next try; a connection has waited long enough.
  give_up(launch, "spawn errno=" + error_and_step(report), launch.is_connection);
}

std::chrono::nanoseconds Reactor::run_time(const Report& report) {
  constexpr std::int64_t kLongest = 1'000'000LL * 3600 * 24 * 365 * 100;
  return std::chrono::microseconds(std::clamp<std::int64_t>(report.ran_usec, 0, kLongest));
}

void Reactor::on_exited(const Report& report, bool is_from_launcher) {
  time_limits_.forget(report.id);
  health_.on_exited(report.id, report.status);
  auto connection = kept_connections_.take(report.id);
  auto node = running_.extract(report.id);
  if (is_retired_) return on_exited_retired(report, is_from_launcher, std::move(connection));
  auto* service = find_service(node ? node.mapped().service : report.service);
  // Unknown here: it ended between two reactors, so that none has counted it, but it is told. The
  // monitor's reports of adopted children may be second ones.
  if (service == nullptr || (!node && !is_from_launcher)) return;
  meter_.ended(service->counters,
               {report.status, report.user_usec, report.system_usec, report.max_rss_kib});
  errors_.ended(report.pid, service->entry.key, service->entry.identity);
  if (connection.is_open()) linger(*service, std::move(connection), report.pid);
  const auto ran =
      node && !is_from_launcher ? monotonic_now() - node.mapped().started : run_time(report);
  events_.exited(*service, report, ran);
  if (!node) return;
  const auto& running = node.mapped();
  admission_.ended(*service, running.peer);
  if (instances_ > 0) --instances_;
  instance_ended(*service);
  if (auto* owner = find_owner(running.service, running.listener)) {
    owner->on_exited(report.id, ran, report.status);
  }
  after_end(running.service, running.listener);
}

void Reactor::instance_ended(Service& service) {
  const bool was_at_limit = service.is_at_limit();
  if (service.instances > 0) --service.instances;
  if (!was_at_limit || service.is_at_limit()) return;
  for (auto* listener : service.listeners) listener->on_limit_freed();
}

// ---- what cannot go on -----------------------------------------------------------------------

void Reactor::on_settled(InFlight launch, Settled settled, std::int32_t pid) {
  switch (settled) {
    case Settled::Running: {
      Report report;
      report.id = launch.id;
      report.pid = pid;
      on_started(report, std::move(launch));
      break;
    }
    case Settled::NeverStarted:
      if (launch.is_connection) {
        if (launch.copy.is_open()) {
          hold(std::move(launch));
        } else {
          give_up(launch, "launcher", false);
        }
        break;
      }
      if (auto* service = find_service(launch.service)) instance_ended(*service);
      if (instances_ > 0) --instances_;
      if (auto* owner = find_owner(launch.service, launch.listener))
        owner->on_launch_lost(launch.id);
      after_end(launch.service, launch.listener);
      break;
    case Settled::Unknown:
      give_up(launch, "launcher", false);
      break;
  }
  check_stopped();
}

void Reactor::give_up(const InFlight& launch, const std::string& reason, bool is_certain) {
  auto* service = find_service(launch.service);
  if (service == nullptr) return;
  refuse(*service, launch.peer.text(), reason);
  health_.on_failed(launch.id);
  admission_.ended(*service, launch.peer);
  time_limits_.forget(launch.id);
  (void)kept_connections_.take(launch.id);
  if (instances_ > 0) --instances_;
  instance_ended(*service);
  if (auto* owner = find_owner(launch.service, launch.listener)) {
    owner->on_start_failed(launch.id, is_certain);
  }
  after_end(launch.service, launch.listener);
}

// A server or a launch is over, and its listener has been told.
void Reactor::after_end(std::uint32_t service, std::uint32_t listener) {
  apply_deferred(listener);
  if (auto* owner = find_service(service); owner != nullptr && owner->group != nullptr) {
    release_group(*owner);
  }
  if (!starved_globally_.empty()) wake(starved_globally_);
  forget_if_done(service);
}

void Reactor::hold(InFlight launch) {
  if (is_retiring_) return hand_back(std::move(launch));
  const auto identity = launch.identity;
  held_[identity].push_back(std::move(launch));
  if (launchers_.has_room(identity)) submit_held(identity);
}

void Reactor::submit_held(std::uint32_t identity) {
  auto node = held_.extract(identity);
  if (!node) return;
  auto& waiting = node.mapped();
  std::size_t sent = 0;
  while (sent < waiting.size() && launchers_.submit(waiting[sent], waiting[sent].copy.get()))
    ++sent;
  if (sent == waiting.size()) return;
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(sent));
  held_.insert(std::move(node));
  (void)launchers_.has_room(identity);  // so that on_room follows
}

void Reactor::retry_later(InFlight launch) {
  const auto delay = kFirstRetry * (1 << (launch.attempts - 1));
  // std::function wants a copyable callable; the launch is not.
  auto shared = std::make_shared<InFlight>(std::move(launch));
  retrying_.insert(shared);
  timers_.after(delay, [this, shared] {
    retrying_.erase(shared);
    hold(std::move(*shared));
  });
}

}  // namespace uvinetd
