// SPDX-License-Identifier: ISC
// The keys of a service in TOML, as one table: what a key may hold, how it is read and printed, and
// what its manual says of it. The order is that in which they are read, for some look at what came
// before.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/config/field_reader.h"
#include "core/config/service_spec.h"
#include "core/config/toml/values.h"

namespace uvinetd {

// On which services a setting has an effect.
enum class AppliesTo : std::uint8_t {
  Any,
  Identity,  // programs; but it is kept for a built-in where it is written
  Program,
  Socket,  // of its own: not what is reached through the multiplexer
  Stream,
  Tcp,
  Ip,
  Unix,
  Nowait,
  Warm,     // what can_start_warm()
  Clients,  // what has clients with an address each, and accepts them itself
  Server,   // the same, with a program
  Silence,  // what can be seen to be silent
  Accepted,
  Started,
  Sensor,
  Redirect,
  Health,
  Syslog,
};
[[nodiscard]] bool applies(AppliesTo to, const ServiceSpec& spec);
[[nodiscard]] const char* applies_text(AppliesTo to);  // "tcp sockets"

struct TomlContext {
  FieldContext& fields;
  int range_ports_left;
};

struct TomlKey {
  std::string_view name;
  // For people; the manual has the same words.
  std::string_view type;
  std::string_view initial;  // the default
  std::string_view unit;     // "": none
  std::string_view cost;     // what more of it costs; "": nothing
  AppliesTo applies_to = AppliesTo::Any;
  bool is_inheritable = true;  // may stand in [defaults]
  unsigned kinds = 0;          // bits of TomlNode::Kind, see kind_bit()
  // Reads a value of one of the kinds; false: reported.
  bool (*read)(const TomlValue& value, TomlContext& context, ServiceSpec& spec) = nullptr;
  // The value as TOML; "": it is at its default.
  std::string (*print)(const ServiceSpec& spec) = nullptr;
  // What holds when the key is written nowhere, where that is not what a new spec has.
  void (*absent)(ServiceSpec& spec) = nullptr;
  bool keeps_place = false;  // in ServiceSpec::key_at
};

[[nodiscard]] constexpr unsigned kind_bit(TomlNode::Kind kind) {
  return 1U << static_cast<unsigned>(kind);
}

[[nodiscard]] std::span<const TomlKey> toml_keys();
// The index in the table; nullopt: unknown.
[[nodiscard]] std::optional<std::size_t> find_toml_key(std::string_view name);

}  // namespace uvinetd
