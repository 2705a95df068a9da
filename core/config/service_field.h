// SPDX-License-Identifier: ISC
// Field 1: the addresses to bind and the port, or the path of a Unix socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/field_reader.h"

namespace uvinetd {

struct BindAddress {
  enum class Form { Any, V4, V6, Name };
  Form form = Form::Any;
  std::string host;     // canonical for V4 and V6; "" for the wildcard of its family
  std::string written;  // for messages
};

struct ServiceField {
  Field name;                                         // service, port number or path
  std::optional<std::vector<BindAddress>> addresses;  // nullopt: none written
  SocketNode node;                                    // of a Unix socket
};

// `a,b`, `*`, `[v6]`, a host name. nullopt: reported.
[[nodiscard]] std::optional<std::vector<BindAddress>> read_addresses(const Field& field,
                                                                     Reporter& report);

// A line of one word that ends in ':' sets the addresses of the lines that follow.
[[nodiscard]] bool is_default_address_line(const std::vector<Field>& words);

// Splits the field; looks nothing up. nullopt: reported.
[[nodiscard]] std::optional<ServiceField> read_service_field(const Field& field, bool is_unix,
                                                             Reporter& report);

// A port by its number or the name of its service. nullopt: reported.
[[nodiscard]] std::optional<std::uint16_t> read_port(const Field& field, SocketKind kind,
                                                     FieldContext& context);

// The sockets of one address and port. Empty: the address is not of the family.
[[nodiscard]] std::vector<ListenSpec> sockets_of(const BindAddress& address, SocketKind kind,
                                                 Protocol::Family family, std::uint16_t port,
                                                 Dialect dialect);

// Empty default_addresses: they were bad. Completes `spec`: id, and one ListenSpec per
// socket.
[[nodiscard]] bool make_listeners(const ServiceField& service, SocketKind kind,
                                  const Protocol& protocol,
                                  const std::vector<BindAddress>& default_addresses,
                                  FieldContext& context, ServiceSpec& spec);

}  // namespace uvinetd
