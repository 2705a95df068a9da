// SPDX-License-Identifier: ISC
// What the reactor knows, as answers on the control socket. Looks, and changes nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/control/request.h"
#include "core/reactor/admission/admission.h"
#include "core/reactor/launchers.h"
#include "core/reactor/metrics/metrics_view.h"
#include "core/reactor/service.h"
#include "core/reactor/text_source.h"
#include "spawn/table.h"

namespace uvinetd {

// Borrowed from the reactor.
struct ReactorState {
  const std::unordered_map<std::uint32_t, std::unique_ptr<Service>>& services;
  const std::unordered_map<LaunchId, Running>& running;
  const Table& table;
  const Launchers& launchers;
  Admission& admission;
  const MetricsView& metrics;
};

// What is no state of services.
struct ReactorFacts {
  std::uint32_t incarnation = 0;
  std::chrono::milliseconds uptime{0};
  std::uint32_t running = 0;  // and starting
  std::uint32_t limit = 0;    // of these; 0: none
  std::size_t clients = 0;    // of the control socket
  bool is_accepting = false;
};

class Answers {
 public:
  explicit Answers(const ReactorState& state) : state_(state) {}

  [[nodiscard]] std::unique_ptr<TextSource> list() const;
  // Of all services, or of the one with this id; null: there is none.
  [[nodiscard]] std::unique_ptr<TextSource> servers(const std::string& id) const;
  [[nodiscard]] std::unique_ptr<TextSource> match(const ControlRequest& request,
                                                  std::chrono::milliseconds now) const;
  [[nodiscard]] std::unique_ptr<TextSource> bans(std::chrono::milliseconds now) const;
  // The reactor's part of what the monitor says of the daemon, or of a service.
  void add_status(nlohmann::json& status, const ReactorFacts& facts) const;
  void add_service(nlohmann::json& service, const std::string& id) const;

  // nullptr: no such service is served or has servers left.
  [[nodiscard]] const Service* find(const std::string& id) const;
  [[nodiscard]] static std::unique_ptr<TextSource> refuse(std::string_view code,
                                                          std::string message);
  [[nodiscard]] static std::unique_ptr<TextSource> no_service(const std::string& id);

 private:
  [[nodiscard]] std::vector<std::uint32_t> sorted_keys() const;
  [[nodiscard]] nlohmann::json service_json(const Service& service) const;
  [[nodiscard]] std::string judge(const Service& service, const SocketAddress& peer,
                                  std::chrono::milliseconds now) const;

  ReactorState state_;
};

}  // namespace uvinetd
