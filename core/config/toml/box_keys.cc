// SPDX-License-Identifier: ISC
// The box of a server.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/toml/special_keys.h"
#include "core/config/toml/text.h"
#include "spawn/io_priority.h"

namespace uvinetd::toml_special {
namespace {

constexpr std::uint64_t kLeastMemory = 64 * 1024;

}  // namespace

bool read_ionice(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const auto priority = parse_io_priority(value.node.text);
  if (!priority) {
    const std::string_view text = value.node.text;
    return value.refuse("idle, or best-effort or realtime with a level of 0 to 7 behind it",
                        did_you_mean(text.substr(0, text.find(':')), io_class_names()));
  }
  spec.more.edit().ionice = *priority;
  return true;
}

std::string print_ionice(const ServiceSpec& spec) {
  const auto& priority = spec.more->ionice;
  return priority ? toml_string(print_io_priority(*priority)) : "";
}

bool read_memory_max(const TomlValue& value, TomlContext&, ServiceSpec& spec) {
  const auto bytes = read_bytes(value, kLeastMemory);
  if (bytes) spec.more.edit().memory_max = *bytes;
  return bytes.has_value();
}

// Absolute, all of them.
bool read_paths(const TomlValue& value, std::vector<std::string>& out) {
  bool is_good = true;
  for (std::size_t i = 0; i < value.node.items.size(); ++i) {
    const auto element = value.element(i, TomlNode::Kind::String);
    auto path = element ? read_absolute_path(*element) : std::nullopt;
    is_good &= path.has_value();
    if (path) out.push_back(std::move(*path));
  }
  return is_good;
}

}  // namespace uvinetd::toml_special
