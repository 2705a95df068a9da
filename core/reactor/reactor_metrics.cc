// SPDX-License-Identifier: ISC
// The reactor as something to be measured.
#include <algorithm>

#include "core/reactor/metrics/metrics_source.h"
#include "core/reactor/metrics/tcp_queue.h"
#include "core/reactor/reactor.h"

namespace uvinetd {

std::unique_ptr<TextSource> Reactor::metrics_text(bool per_service) const {
  return std::make_unique<MetricsSource>(*this, per_service);
}

void Reactor::watch_turns() {
  loop_.watch_turns([this](std::chrono::nanoseconds took) {
    turns_.turns.add(took);
    turns_.longest = std::max(turns_.longest, took);
  });
}

// What the monitor knows of the other processes, and of this one before it.
void Reactor::on_role_facts(const RoleFacts& facts) {
  roles_.clear();
  for (const auto& each : facts.list) {
    auto& role = roles_.emplace_back();
    role.role = each.role;
    role.processes = each.processes;
    role.restarts = each.restarts;
    if (each.descriptors >= 0) role.descriptors = static_cast<std::uint64_t>(each.descriptors);
  }
}

// ---- MetricsView -----------------------------------------------------------------------------

std::vector<std::uint32_t> Reactor::service_keys() const {
  std::vector<std::uint32_t> out;
  out.reserve(services_.size());
  for (const auto& [key, service] : services_) out.push_back(key);
  std::sort(out.begin(), out.end());
  return out;
}

std::optional<ServiceMetrics> Reactor::service(std::uint32_t key) const {
  const auto found = services_.find(key);
  if (found == services_.end()) return std::nullopt;
  const auto& service = *found->second;
  return ServiceMetrics{service.entry.id, &service.counters.get(), service.instances,
                        !pause_text(service).empty()};
}

std::optional<QueueLength> Reactor::queue(std::uint32_t key) const {
  const auto found = services_.find(key);
  if (found == services_.end()) return std::nullopt;
  std::optional<QueueLength> sum;
  for (const auto* listener : found->second->listeners) {
    const auto one = listener->fd() < 0 ? std::nullopt : tcp_queue(listener->fd());
    if (!one) continue;
    if (!sum) sum.emplace();
    sum->length += one->length;
    sum->limit += one->limit;
  }
  return sum;
}

DaemonMetrics Reactor::daemon() const {
  DaemonMetrics out{instances_, sessions_.count() + relays_.count() + health_.count(),
                    waiting_room_.count(), turns_, roles_};
  for (auto& role : out.roles) {
    // As root's it has no way to look: the monitor does.
    if (role.role == "reactor" && !role.descriptors) role.descriptors = descriptors_.count();
  }
  return out;
}

}  // namespace uvinetd
