// SPDX-License-Identifier: ISC
// Parsing short TOML texts against a fixed services database.
#pragma once

#include <string>
#include <string_view>

#include "core/config/toml/toml_conf.h"
#include "tests/pure/config/conf.h"

namespace uvinetd::testing {

// As a program that only looks: what is not enforced yet is read without a word.
inline ParsedConfig look_at_toml(std::string_view text) {
  TomlOptions options;
  options.keeps_unenforced = true;
  return parse_toml_conf(text, "f", options, FixedNames());
}

inline ParsedConfig parse_toml(std::string_view text, bool is_root = true) {
  TomlOptions options;
  options.is_root = is_root;
  return parse_toml_conf(text, "f", options, FixedNames());
}

}  // namespace uvinetd::testing
