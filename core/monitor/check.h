// SPDX-License-Identifier: ISC
// `uvinetd --check`: everything there is to say about a configuration, and nothing else.
#pragma once

#include "core/config/loader.h"
#include "core/monitor/options.h"

namespace uvinetd {

// Prints every diagnostic (text to stderr; with --json one document to stdout) and a last line.
// Returns 0, or 78 when there are errors, with --strict also warnings.
[[nodiscard]] int print_check(const LoadedConfig& config, const CommandLine& options);

}  // namespace uvinetd
