// SPDX-License-Identifier: ISC
// Signals by name or number: "HUP", "SIGHUP", "hup", "1". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace uvinetd {

// nullopt: no such signal.
[[nodiscard]] std::optional<int> signal_from_text(std::string_view text);
// `did you mean "HUP"?`, or "".
[[nodiscard]] std::string signal_hint(std::string_view text);

}  // namespace uvinetd
