// SPDX-License-Identifier: ISC
// The lines of the log about one client and its server, with the parts that its service wants.
// Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/reactor/relay/relays.h"
#include "spawn/settings/ends.h"
#include "spawn/wire.h"

namespace uvinetd {

// Whether starts and exits are logged; `by_default` is for services that do not say it.
[[nodiscard]] bool logs_starts(const LogSettings& log, bool by_default);
[[nodiscard]] bool logs_exits(const LogSettings& log, bool by_default);
[[nodiscard]] bool logs_relay_ends(const LogSettings& log, bool by_default);

// `pid`: "-" where there is no process.
[[nodiscard]] std::string start_line(const LogSettings& log, std::string_view id,
                                     std::string_view pid, std::string_view from);
[[nodiscard]] std::string exit_line(const LogSettings& log, std::string_view id,
                                    const Report& report, std::chrono::nanoseconds ran);
[[nodiscard]] std::string relay_end_line(const LogSettings& log, std::string_view id,
                                         const RelayEnd& ended);
[[nodiscard]] std::string refusal_line(const LogSettings& log, std::string_view id,
                                       std::string_view from, std::string_view reason);

}  // namespace uvinetd
