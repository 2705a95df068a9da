// SPDX-License-Identifier: ISC
// From what a block says to a service: the attributes that depend on each other.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config/service_field.h"
#include "core/config/xinetd/attributes.h"

namespace uvinetd::xinetd {

struct Defaults {
  Draft draft;
  Reporter* report = nullptr;  // of their file; null where there are none
};

// What the services of a configuration share.
struct Surroundings {
  const ServiceNames& names;
  const std::vector<BindAddress>& default_addresses;  // empty: bad, nothing may be bound by it
  Defaults& defaults;
  bool asks_hosts_access;                   // see XinetdOptions
  std::vector<std::string> known_services;  // filled on the first unknown one
  int hints_left = 200;  // a hint costs a walk through known_services: bounded per configuration
};

struct Making {
  const Block& block;
  Reading& reading;
  Surroundings& around;

  [[nodiscard]] Draft& draft() const { return reading.draft; }
  [[nodiscard]] Reporter& report() const { return reading.report; }
  [[nodiscard]] Place name_at() const { return {block.at.line, block.name.column}; }
  // Where the block says so; its name, where defaults do, which may stand in another file.
  [[nodiscard]] Place at(Key key) const {
    return draft().is_own(key) ? draft().of(key)->at() : name_at();
  }
  // Always false. What is missing may stand in a part that could not be read: that is told then.
  bool missing(Place at, std::string message) const {
    if (!block.is_bad) report().error(at, "missing-field", std::move(message));
    return false;
  }
};

// The draft's attributes are read. nullopt: reported.
[[nodiscard]] std::optional<ServiceSpec> make_service(Making& making);

// Its parts, each false or nullopt after an error; in this order.
[[nodiscard]] std::optional<SocketKind> socket_kind(Making& making, Protocol& protocol);
[[nodiscard]] bool make_sockets(Making& making, SocketKind kind, Protocol protocol);
[[nodiscard]] bool make_server(Making& making, SocketKind kind);

}  // namespace uvinetd::xinetd
