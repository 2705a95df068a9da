// SPDX-License-Identifier: ISC
// What there is to say beforehand about services that are to be started warm.
#pragma once

#include "core/config/load/loader.h"

namespace uvinetd {

// Adds to the diagnostics, in the order of the services: a warning where a program cannot be parked
// (with options.inspects_programs; each file is looked at once), a note where that gains little.
// Where this build can start nothing warm there is one warning, at the first that asks for it.
//
// Blocks  for the disk.
void check_warm_starts(const LoadOptions& options, LoadedConfig& config);

}  // namespace uvinetd
