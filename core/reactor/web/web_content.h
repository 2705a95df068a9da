// SPDX-License-Identifier: ISC
// What the built-ins `metrics` and `status` have to tell. The reactor knows it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/reactor/metrics/counters.h"
#include "core/reactor/text_source.h"

namespace uvinetd {

struct ServiceStatus {
  std::string id;
  std::vector<std::string> addresses;  // as "tcp://[::]:21", of sockets that it listens at
  std::uint32_t running = 0;           // and starting; clients of what is answered here
  std::string_view paused;             // why it takes nobody just now; "": it does
  const Counters* counters = nullptr;  // never null when it was filled in
};

struct DaemonStatus {
  std::string host;
  std::string_view version;
  std::time_t since = 0;  // when counting began, by the wall clock
  std::chrono::milliseconds up{0};
  std::size_t services = 0;
  std::size_t paused = 0;     // of them
  std::uint32_t running = 0;  // servers
  Counters counters;          // of all services together
};

struct ServerStatus {
  std::string service;  // its id
  std::int32_t pid = 0;
  std::string peer;  // "-": none is known
  std::chrono::seconds age{0};
};

class WebContent {
 public:
  virtual ~WebContent() = default;
  // Prometheus text; with `per_service` the histograms of each service, too.
  [[nodiscard]] virtual std::unique_ptr<TextSource> metrics_text(bool per_service) const = 0;
  [[nodiscard]] virtual DaemonStatus daemon_status() const = 0;
  // Of the services that there are, in the order in which they are told.
  [[nodiscard]] virtual std::vector<std::uint32_t> service_keys() const = 0;
  // False: it is gone.
  [[nodiscard]] virtual bool fill_in(std::uint32_t key, ServiceStatus& out) const = 0;
  // Those that run, any `most` of them, the newest first.
  [[nodiscard]] virtual std::vector<ServerStatus> servers(std::size_t most) const = 0;
  // The name of this host, as the kernel has it.
  [[nodiscard]] virtual std::string host_name() const = 0;
};

}  // namespace uvinetd
