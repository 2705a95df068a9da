// SPDX-License-Identifier: ISC
// Parsing short TOML texts against a fixed services database.
#pragma once

#include <string>
#include <string_view>

#include "core/config/toml/toml_conf.h"
#include "tests/pure/config/conf.h"

namespace uvinetd::testing {

inline ParsedConfig parse_toml(std::string_view text, bool is_root = true) {
  TomlOptions options;
  options.is_root = is_root;
  return parse_toml_conf(text, "f", options, FixedNames());
}

}  // namespace uvinetd::testing
