// SPDX-License-Identifier: ISC
// `top`: the services as a table that fills the terminal and follows what happens.
#pragma once

#include "core/ctl/command.h"

namespace uvinetd {

// Until the user quits. The exit status is that of the verbs that ask a daemon.
[[nodiscard]] int run_top(const Command& command);

}  // namespace uvinetd
