// SPDX-License-Identifier: ISC
// What uvinetctl does: each verb reads its files or asks the daemon, prints, and answers the
// exit status.
#pragma once

#include "core/ctl/command.h"

namespace uvinetd {

// 0, 1 (failure), 2 (usage), 69 (no daemon), 77 (not allowed) or 78 (bad configuration).
[[nodiscard]] int run_command(const Command& command);

}  // namespace uvinetd
