// SPDX-License-Identifier: ISC
// The lines that a daemon answers with on its control socket (README.md has the protocol). Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace uvinetd {

struct ControlError {
  std::string_view code;  // one of README.md's; a literal
  std::string message;
};

// One line of the answer, with its end: {"KEY":VALUE}.
[[nodiscard]] std::string reply_line(std::string_view key, const nlohmann::json& value);
// The last one.
[[nodiscard]] std::string reply_end();
[[nodiscard]] std::string reply_error(const ControlError& error);

}  // namespace uvinetd
