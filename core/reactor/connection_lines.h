// SPDX-License-Identifier: ISC
// The lines of the log about one client and its server, with the parts that its service wants.
// Pure.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/event.h"
#include "core/reactor/relay/relays.h"
#include "spawn/settings/ends.h"
#include "spawn/wire.h"

namespace uvinetd {

// Whether starts and exits are logged; `by_default` is for services that do not say it.
[[nodiscard]] bool logs_starts(const LogSettings& log, bool by_default);
[[nodiscard]] bool logs_exits(const LogSettings& log, bool by_default);
[[nodiscard]] bool logs_relay_ends(const LogSettings& log, bool by_default);

// `pid`: 0 where there is no process.
[[nodiscard]] Event start_event(const LogSettings& log, std::string_view id, pid_t pid,
                                std::string_view from);
[[nodiscard]] Event exit_event(const LogSettings& log, std::string_view id, const Report& report,
                               std::chrono::nanoseconds ran);
[[nodiscard]] Event relay_end_event(const LogSettings& log, std::string_view id,
                                    const RelayEnd& ended);
// `reason` may have its particulars behind it: "exec errno=ENOENT step=execve".
[[nodiscard]] Event refusal_event(const LogSettings& log, std::string_view id,
                                  std::string_view from, std::string_view reason);

}  // namespace uvinetd
