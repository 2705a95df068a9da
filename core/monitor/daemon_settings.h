// SPDX-License-Identifier: ISC
// [daemon] of a TOML file, beside the command line.
#pragma once

#include "core/base/result.h"
#include "core/config/front_end.h"
#include "core/monitor/options.h"

namespace uvinetd {

// What the file says comes into force where the command line has said nothing.
// Errors: a spawner that this system does not have.
Status take_daemon_settings(const DaemonSettings& settings, CommandLine& options);

}  // namespace uvinetd
