// SPDX-License-Identifier: ISC
// The reactor's table: from what is served now to what the new table says.
#include <algorithm>
#include <utility>

#include "core/base/clock.h"
#include "core/reactor/reactor.h"
#include "core/reactor/socket_group.h"
#include "internal/datagram_server.h"

namespace uvinetd {

void Reactor::apply(std::uint32_t generation) {
  const bool is_first = !std::exchange(has_applied_, true);
  if (!is_stopping_) is_accepting_ = true;
  // At the first Apply the table of the start is mostly still the newest one.
  if (is_first && next_table_.generation() == table_.generation()) {
    take_arrived(false);
  } else {
    take_table();
  }
  next_table_ = Table();
  next_fds_.clear();
  if (is_first) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>>().swap(owners_);
    for (auto& [key, service] : services_) settle_hold(*service);
    replay_ledgers();
    launchers_.start_reading();
    errors_.start_reading();
  } else {
    for (auto& [key, listener] : listeners_) {
      const auto& service = listener->service();
      // It may be a new limit, or be refused at.
      if (!service.is_at_limit() || service.refuses_at_limit()) listener->on_limit_freed();
      listener->reconcile();
    }
    wake(starved_globally_);
    watch_times();
  }
  if (is_accepting_) poller_watcher_->watch(UV_READABLE);
  tell(MessageType::Applied, print(Generation{generation}));
}

// From the services that are there to those of the newest table.
void Reactor::take_table() {
  if (next_table_.is_open()) table_ = std::exchange(next_table_, Table());
  std::vector<std::uint32_t> kept_services;
  std::vector<std::uint32_t> kept_listeners;
  std::vector<std::uint16_t> own_ports;
  mux_services_.clear();
  for (std::size_t i = 0; i < table_.service_count(); ++i) {
    auto entry = table_.outline_at(i);
    kept_services.push_back(entry.key);
    for (const auto& socket : entry.sockets) {
      kept_listeners.push_back(socket.key);
      if (!has_applied_) owners_.emplace_back(socket.key, entry.key);
      if (entry.is_internal() && entry.is_datagram() && socket.port != 0) {
        own_ports.push_back(socket.port);
      }
    }
    note_mux_name(entry);
    apply_service(std::move(entry));
  }
  std::sort(owners_.begin(), owners_.end());
  remove_absent(kept_services, kept_listeners);
  forget_unused_rules();
  DatagramServer::set_own_ports(own_ports.data(), own_ports.size());
}

// Makes listeners of the sockets that have come, for the services that are there. To prepare, only
// of those that no server ever gets: whether a server has one of the others just now is not known
// before the ledgers are read.
void Reactor::take_arrived(bool is_prepare) {
  std::vector<std::uint32_t> keys;
  for (const auto& [key, fd] : next_fds_) keys.push_back(key);
  for (const auto key : keys) {
    const auto owner = std::lower_bound(owners_.begin(), owners_.end(), std::pair(key, 0U));
    if (owner == owners_.end() || owner->first != key) continue;
    auto* service = find_service(owner->second);
    if (service == nullptr || (is_prepare && !service->entry.is_ours_alone())) continue;
    apply_listener(*service, key);
  }
}

void Reactor::apply_service(TableOutline entry) {
  auto& place = services_[entry.key];
  if (place == nullptr) place = std::make_unique<Service>();
  auto& service = *place;
  std::vector<std::uint32_t> rebuilt;
  for (auto* listener : service.listeners) {
    // Where a running server owns the socket, the change is made when it has ended.
    if (!listener->suits(entry) && !listener->is_held()) rebuilt.push_back(listener->key());
  }
  const auto before = std::exchange(service.entry, std::move(entry));
  if (has_applied_ && !Admission::counts_alike(before, service.entry)) recount(before, service);
  service.is_removed = false;
  settle_hold(service);
  for (const auto key : rebuilt) {
    if (!next_fds_.contains(key)) next_fds_[key] = listeners_[key]->release_fd();
  }
  settle_group(service);
  for (const auto& [key, port] : service.entry.sockets) {
    auto* there = find_listener(key);
    const bool is_of_another = there != nullptr && &there->service() != &service;
    if (is_of_another && there->fd() >= 0 && !there->is_held() && !next_fds_.contains(key)) {
      next_fds_[key] = there->release_fd();
    }
    apply_listener(service, key);
  }
}

// What a table wanted of this socket had to wait while a server owned it: the socket has another
// kind of listener now, or is another service's.
void Reactor::apply_deferred(std::uint32_t key) {
  auto* listener = find_listener(key);
  if (listener == nullptr || listener->fd() < 0 || listener->is_held()) return;
  const auto owns = [key](const Service& service) {
    const auto& list = service.entry.sockets;
    return !service.is_removed && std::any_of(list.begin(), list.end(),
                                              [key](const auto& each) { return each.key == key; });
  };
  if (owns(listener->service()) && listener->suits(listener->service().entry)) return;
  const auto owner = std::find_if(services_.begin(), services_.end(),
                                  [&](const auto& each) { return owns(*each.second); });
  if (owner == services_.end()) return;
  next_fds_[key] = listener->release_fd();
  apply_listener(*owner->second, key);
}

// Its sockets go to servers one by one again, once the last server that has them all has ended.
void Reactor::settle_group(Service& service) {
  if (service.group == nullptr || service.group->is_held()) return;
  if (!service.entry.listen_fds) service.group.reset();
}

// What had to wait while a server owned all of its sockets.
void Reactor::release_group(Service& service) {
  if (service.group->is_held()) return;
  std::vector<std::uint32_t> keys;
  for (const auto* listener : service.listeners) keys.push_back(listener->key());
  for (const auto key : keys) apply_deferred(key);
  settle_group(service);
}

// Makes or replaces the listener of a socket that has come; one whose socket stays is left alone.
void Reactor::apply_listener(Service& service, std::uint32_t key) {
  auto node = next_fds_.extract(key);
  if (!node) return;
  if (auto old = listeners_.extract(key)) {
    std::erase(old.mapped()->service().listeners, old.mapped().get());
  }
  auto listener = make_listener(*this, service, key, std::move(node.mapped()));
  if (listener == nullptr) {
    log_.error("id={} no such built-in: {}", service.entry.id, *service.entry.internal);
    return;
  }
  service.listeners.push_back(listener.get());
  if (service.is_paused()) listener->on_pause(true);
  auto& placed = *listeners_.insert_or_assign(key, std::move(listener)).first->second;
  placed.reconcile();
}

void Reactor::remove_absent(const std::vector<std::uint32_t>& kept_services,
                            const std::vector<std::uint32_t>& kept_listeners) {
  const std::unordered_set<std::uint32_t> services(kept_services.begin(), kept_services.end());
  const std::unordered_set<std::uint32_t> listeners(kept_listeners.begin(), kept_listeners.end());
  for (auto at = listeners_.begin(); at != listeners_.end();) {
    auto& listener = *at->second;
    if (listeners.contains(at->first)) {
      ++at;
      continue;
    }
    std::erase(listener.service().listeners, &listener);
    at = listeners_.erase(at);
  }
  std::vector<std::uint32_t> removed;
  for (auto& [key, service] : services_) {
    if (services.contains(key)) continue;
    service->is_removed = true;
    removed.push_back(key);
  }
  for (const auto key : removed) forget_if_done(key);
  dismiss_stopped();
}

// Used at once: a list keeps its number only while its rules are changed on purpose.
void Reactor::on_access_list(Message& message) {
  auto form = parse_as<AccessListForm>(message.body);
  if (!form) return;
  auto& rules = admission_.rules();
  if (message.fds.empty()) {
    (void)rules.set(form->number, std::move(form->bytes));
    return;
  }
  auto mapping = map_read_only(message.fds[0].get(), 1);
  (void)rules.set(form->number, mapping ? std::move(*mapping) : Mapping());
}

void Reactor::forget_unused_rules() {
  if (!has_applied_ || admission_.rules().size() == 0) return;
  std::unordered_set<std::uint32_t> used;
  for (const auto& [key, service] : services_) {
    const auto& access = service->entry.more->access;
    used.insert(access.allow.begin(), access.allow.end());
    used.insert(access.deny.begin(), access.deny.end());
  }
  admission_.rules().keep_only(used);
}

void Reactor::forget_if_done(std::uint32_t key) {
  const auto found = services_.find(key);
  if (found == services_.end()) return;
  auto& service = *found->second;
  if (!service.is_removed || service.instances != 0 || !service.listeners.empty()) return;
  timers_.cancel(service.pause);
  services_.erase(found);
}

// Its clients are counted by source in another way from now on: those that are there too.
void Reactor::recount(const TableOutline& before, const Service& service) {
  const auto key = service.entry.key;
  const auto take = [&](std::uint32_t of, const SocketAddress& peer) {
    if (of == key) admission_.recount(before, service, peer);
  };
  for (const auto& [id, running] : running_) take(running.service, running.peer);
  launchers_.each_in_flight([&](const InFlight& launch) { take(launch.service, launch.peer); });
  for (const auto& [identity, waiting] : held_) {
    for (const auto& launch : waiting) take(launch.service, launch.peer);
  }
  for (const auto& launch : retrying_) take(launch->service, launch->peer);
  sessions_.each_peer(take);
  relays_.each_peer(take);
  health_.each_peer(take);
}

// Servers that run have the limits of the newest table.
void Reactor::watch_times() {
  for (const auto& [id, running] : running_) {
    if (const auto* service = find_service(running.service)) {
      time_limits_.watch(id, service->entry.more->limits, running.started);
    }
  }
}

void Reactor::replay_ledgers() {
  for (const auto& child : std::exchange(adopted_early_, {})) adopt(child);
  for (const auto& [launcher, entry] : launchers_.ledger_entries()) {
    // One that is Starting is answered for by its launcher.
    if (entry.state != SlotState::Running && entry.state != SlotState::Lingering) continue;
    if (entry.child.pid == 0) continue;
    launchers_.count_child(entry.child.id, launcher);
    adopt(entry.child);
  }
}

// A server that runs since before this reactor, or whose launcher died.
void Reactor::adopt(const RunningChild& child) {
  auto* service = find_service(child.service);
  if (service == nullptr || running_.contains(child.id)) return;
  // As its launcher has written it, which may be anything.
  const auto started = std::clamp(std::chrono::nanoseconds(child.started_ns),
                                  std::chrono::nanoseconds(0), monotonic_now());
  Running running{child.service, child.listener, child.pid, started,
                  SocketAddress::from_bytes(child.peer)};
  ++service->instances;
  ++instances_;
  admission_.adopt(*service, running.peer);
  running_.emplace(child.id, running);
  time_limits_.watch(child.id, service->entry.more->limits, running.started);
  errors_.began(running.pid, running.service, service->entry.identity, running.peer);
  if (auto* owner = find_owner(child.service, child.listener)) {
    owner->on_adopted(child.id, started);
  }
}

}  // namespace uvinetd
