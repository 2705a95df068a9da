// SPDX-License-Identifier: ISC
// Services that are the log of this host: the program that each of them is, and the rules that it
// goes by.
#pragma once

#include <string>
#include <vector>

#include "core/config/load/loader.h"

namespace uvinetd {

// Before anything is looked up: each becomes a wait server of this project's program, with what its
// sockets need. Those that cannot are left out with an error.
void settle_syslog_services(const LoadOptions& options, std::vector<ServiceSpec>& services,
                            Diagnostics& diagnostics);

// Reads their rules, and gives the one of the daemon's own log the socket for it. The names of the
// files that were read are added to `files`. Blocks for the disk.
void load_syslog_rules(const LoadOptions& options, LoadedConfig& config,
                       std::vector<std::string>& files);

}  // namespace uvinetd
