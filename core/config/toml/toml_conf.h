// SPDX-License-Identifier: ISC
// The native language: TOML, with every setting that there is (uvinetd.toml(5)). Pure: text in,
// specs and diagnostics out; survives any bytes; linear in the size of the text.
#pragma once

#include <string>
#include <string_view>

#include "core/config/front_end.h"

namespace uvinetd {

struct TomlOptions {
  bool is_root = true;  // as root every program needs a user
};

// A file that is no TOML has one diagnostic [toml] and counts as one service, so that it is not
// taken for an empty one.
[[nodiscard]] ParsedConfig parse_toml_conf(std::string_view text, const std::string& file_name,
                                           const TomlOptions& options, const ServiceNames& names);

}  // namespace uvinetd
