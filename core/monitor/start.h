// SPDX-License-Identifier: ISC
// From a command line to a monitor that serves: what a daemon that is started and a program that
// takes the place of another one have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/config/load/loader.h"
#include "core/monitor/account.h"
#include "core/monitor/monitor.h"
#include "core/monitor/options.h"

namespace uvinetd {

[[nodiscard]] LoadOptions load_options(const CommandLine& options);
// The files that are read where none is named.
void set_default_config(CommandLine& options);
// Nothing good among what was written, or a file that cannot be read.
[[nodiscard]] bool is_unusable(const LoadedConfig& config);

// What is known before the process changes in any way.
struct Prepared {
  CommandLine options;
  LoadedConfig config;
  ReactorAccount account;
};
// Reads the configuration and what stands in its [daemon]. Errors: a value there that clashes with
// the command line. May fork helpers.
Result<Prepared> prepare(CommandLine options, std::vector<std::string> logs_with_rules = {});

// Serves until told to stop; returns the exit status. `start` is filled in from `prepared`.
int serve(Prepared prepared, MonitorStart start, Log& log);

// "inetd" or "uvinetd", as invoked: update-inetd(8) knows its daemon by this name.
[[nodiscard]] std::string invoked_as(const std::string& path);

// Our environment, for servers that are to have it.
[[nodiscard]] std::vector<std::string> environment_to_pass();

}  // namespace uvinetd
