// SPDX-License-Identifier: ISC
// What can be said of the access rules of services only when they are put to use: interfaces that
// are not there, files that cannot be read, rules that contradict each other.
#pragma once

#include "core/config/load/loader.h"

namespace uvinetd {

// Leaves out the services whose rules could not be enforced as they are written. Reads the files
// that they name: blocks for the disk.
void check_access(const LoadOptions& options, LoadedConfig& config);

}  // namespace uvinetd
