// SPDX-License-Identifier: ISC
// The verbs that ask a running daemon: connect, ask, print.
#pragma once

#include "core/ctl/command.h"

namespace uvinetd {

// The exit status: 0, 1, 69, 77 or 78, as uvinetctl(1) has them. Not `top`.
[[nodiscard]] int run_live(const Command& command);

// How long the daemon may be silent: what --wait says, or more for what takes the monitor's part.
[[nodiscard]] std::chrono::milliseconds patience_of(const Command& command);

}  // namespace uvinetd
