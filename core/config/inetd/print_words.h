// SPDX-License-Identifier: ISC
// Words as an inetd.conf has them: the inverse of entry_reader.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/config/inetd/inetd_conf.h"

namespace uvinetd {

// A word of a line, in quotation marks where it needs them. nullopt: no line can hold it.
[[nodiscard]] std::optional<std::string> line_word(std::string_view text, Dialect dialect);

// A value of the `key = value;` form, which can hold any byte but NUL.
[[nodiscard]] std::string definition_word(std::string_view text);

}  // namespace uvinetd
