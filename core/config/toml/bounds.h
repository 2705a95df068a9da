// SPDX-License-Identifier: ISC
// Finds, in one pass over the bytes, TOML that the library would read slowly or by deep recursion.
#pragma once

#include <optional>
#include <string_view>

#include "core/config/field.h"

namespace uvinetd {

struct TomlExcess {
  Place at;
  const char* message;
};

// nullopt: within bounds. Of text that is no TOML, only what comes before its first error counts.
[[nodiscard]] std::optional<TomlExcess> find_toml_excess(std::string_view text);

}  // namespace uvinetd
