// SPDX-License-Identifier: ISC
// What the reactor knows, for the built-ins `metrics` and `status`.
#include <algorithm>
#include <utility>

#include "core/base/host_name.h"
#include "core/reactor/reactor.h"
#include "core/reactor/socket_text.h"

namespace uvinetd {

std::string Reactor::host_name() const {
  return uvinetd::host_name();
}

DaemonStatus Reactor::daemon_status() const {
  DaemonStatus out;
  out.host = host_name();
  out.version = UVINETD_VERSION;
  const auto up = monotonic_now() - began_;
  out.up = std::chrono::duration_cast<std::chrono::milliseconds>(up);
  out.since = std::chrono::duration_cast<std::chrono::seconds>(realtime_now() - up).count();
  for (const auto& [key, service] : services_) {
    if (service->is_removed) continue;
    ++out.services;
    if (!pause_text(*service).empty()) ++out.paused;
  }
  out.running = static_cast<std::uint32_t>(running_.size());
  out.counters = meter_.total();
  return out;
}

bool Reactor::fill_in(std::uint32_t key, ServiceStatus& out) const {
  const auto found = services_.find(key);
  if (found == services_.end() || found->second->is_removed) return false;
  const auto& service = *found->second;
  out.id = service.entry.id;
  const bool is_reached = !service.listeners.empty() || !service.entry.mux_name->empty();
  if (is_reached) out.addresses = socket_texts(table_, key);
  out.running = service.instances;
  out.paused = pause_text(service);
  out.counters = &service.counters.get();
  return true;
}

std::vector<ServerStatus> Reactor::servers(std::size_t most) const {
  std::vector<ServerStatus> out;
  const auto now = monotonic_now();
  for (const auto& [id, server] : running_) {
    if (out.size() >= most) break;
    const auto found = services_.find(server.service);
    if (found == services_.end()) continue;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - server.started);
    out.push_back({found->second->entry.id, server.pid, server.peer.text(), age});
  }
  std::sort(out.begin(), out.end(), [](const ServerStatus& a, const ServerStatus& b) {
    return std::pair(a.age, a.pid) < std::pair(b.age, b.pid);
  });
  return out;
}

}  // namespace uvinetd
