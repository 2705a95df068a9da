// SPDX-License-Identifier: ISC
// The reactor's table: from what is served now to what the new table says.
#include <algorithm>
#include <utility>

#include "core/base/clock.h"
#include "core/reactor/reactor.h"
#include "internal/datagram_server.h"

namespace uvinetd {

void Reactor::apply(std::uint32_t generation) {
  if (next_table_.is_open()) table_ = std::exchange(next_table_, Table());
  const bool is_first = !std::exchange(has_applied_, true);
  if (!is_stopping_) is_accepting_ = true;
  std::vector<std::uint32_t> kept_services;
  std::vector<std::uint32_t> kept_listeners;
  std::vector<std::uint16_t> own_ports;
  for (std::size_t i = 0; i < table_.service_count(); ++i) {
    auto entry = table_.service_at(i);
    kept_services.push_back(entry.key);
    for (const auto& listener : entry.listeners) {
      kept_listeners.push_back(listener.key);
      if (entry.is_internal() && entry.is_datagram() && listener.address.is_ip()) {
        own_ports.push_back(listener.address.port());
      }
    }
    apply_service(std::move(entry));
  }
  remove_absent(kept_services, kept_listeners);
  DatagramServer::set_own_ports(own_ports.data(), own_ports.size());
  next_fds_.clear();
  if (is_first) {
    replay_ledgers();
    launchers_.start_reading();
  }
  for (auto& [key, listener] : listeners_) {
    if (!listener->service().is_at_limit()) listener->on_limit_freed();  // it may have been raised
    listener->reconcile();
  }
  if (is_accepting_) poller_watcher_->watch(UV_READABLE);
  tell(MessageType::Applied, print(Generation{generation}));
}

void Reactor::apply_service(TableService entry) {
  auto& place = services_[entry.key];
  if (place == nullptr) place = std::make_unique<Service>();
  auto& service = *place;
  std::vector<std::uint32_t> rebuilt;
  for (auto* listener : service.listeners) {
    // Where a running server owns the socket, the change is made when it has ended.
    if (!listener->suits(entry) && !listener->is_held()) rebuilt.push_back(listener->key());
  }
  service.entry = std::move(entry);
  service.is_removed = false;
  for (const auto key : rebuilt) {
    if (!next_fds_.contains(key)) next_fds_[key] = listeners_[key]->release_fd();
  }
  for (const auto& [key, address] : service.entry.listeners) {
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
    const auto& list = service.entry.listeners;
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

// Makes or replaces the listener of a socket that has come; one whose socket stays is left alone.
void Reactor::apply_listener(Service& service, std::uint32_t key) {
  auto node = next_fds_.extract(key);
  if (!node) return;
  if (auto old = listeners_.extract(key)) {
    std::erase(old.mapped()->service().listeners, old.mapped().get());
  }
  auto listener = make_listener(*this, service, key, std::move(node.mapped()));
  if (listener == nullptr) {
    log_.error("id={} no such built-in: {}", service.entry.id, service.entry.internal);
    return;
  }
  service.listeners.push_back(listener.get());
  if (service.pause != 0) listener->on_pause(true);
  auto& placed = *listeners_.insert_or_assign(key, std::move(listener)).first->second;
  if (has_applied_) placed.reconcile();
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
}

void Reactor::forget_if_done(std::uint32_t key) {
  const auto found = services_.find(key);
  if (found == services_.end()) return;
  auto& service = *found->second;
  if (!service.is_removed || service.instances != 0 || !service.listeners.empty()) return;
  timers_.cancel(service.pause);
  services_.erase(found);
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
  Running running{child.service, child.listener, child.pid,
                  std::chrono::nanoseconds(child.started_ns),
                  SocketAddress::from_bytes(child.peer)};
  ++service->instances;
  ++instances_;
  if (service->entry.instances_per_source != 0 || service->entry.source_starts_per_minute != 0) {
    sources_.adopt(child.service, running.peer);
  }
  running_.emplace(child.id, running);
  if (auto* listener = find_listener(child.listener)) {
    listener->on_adopted(child.id, std::chrono::nanoseconds(child.started_ns));
  }
}

}  // namespace uvinetd
