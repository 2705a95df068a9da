// SPDX-License-Identifier: ISC
// What there is to measure, as the printer of metrics sees it. Looked at only for as long as a
// call lasts: between two of them services come and go.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/reactor/metrics/counters.h"

namespace uvinetd {

// Connections that stand in the backlogs of a service's sockets, and how many can.
struct QueueLength {
  std::uint64_t length = 0;
  std::uint64_t limit = 0;
};

struct ServiceMetrics {
  std::string_view id;
  const Counters* counters = nullptr;
  std::uint64_t running = 0;  // servers that run or start, and clients that are answered here
  bool is_paused = false;
};

// The processes of one kind: "monitor", "reactor", "launcher", "resolver".
struct RoleMetrics {
  std::string role;
  std::uint64_t processes = 0;
  std::uint64_t restarts = 0;
  std::optional<std::uint64_t> descriptors;  // that all of them have open; nullopt: not known
};

// What the reactor's loop has done at a stretch.
struct LoopMetrics {
  Histogram turns;  // those in which there was something to do
  std::chrono::nanoseconds longest{0};
};

struct DaemonMetrics {
  std::uint64_t running = 0;   // servers that run or start
  std::uint64_t sessions = 0;  // clients that are answered without a server
  std::uint64_t waiting = 0;   // clients of whom something must be found out first
  LoopMetrics loop;
  std::vector<RoleMetrics> roles;
};

class MetricsView {
 public:
  virtual ~MetricsView() = default;

  // The services that there are, by their keys, in the order in which they have come.
  [[nodiscard]] virtual std::vector<std::uint32_t> service_keys() const = 0;
  // nullopt: there is none any more.
  [[nodiscard]] virtual std::optional<ServiceMetrics> service(std::uint32_t key) const = 0;
  // nullopt: not known of such sockets, or on this system. One system call for each socket.
  [[nodiscard]] virtual std::optional<QueueLength> queue(std::uint32_t key) const = 0;
  // Of all services, those too that are no more.
  [[nodiscard]] virtual const Counters& total() const = 0;
  [[nodiscard]] virtual DaemonMetrics daemon() const = 0;
};

}  // namespace uvinetd
