// SPDX-License-Identifier: ISC
// The logs that services have of their own: which there are, and opening them for the reactor,
// which cannot.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/config/load/loader.h"

namespace uvinetd {

// Paths; "" for syslog, when a service has a facility of its own.
[[nodiscard]] std::set<std::string> service_log_files(const std::vector<LoadedService>& services);

// A file to append to, made if it is not there, with local time in its lines. No link is followed,
// nothing but a regular file is opened. Errors: those of open(2); EINVAL: not a regular file.
[[nodiscard]] Result<LogTarget> open_log_file(const std::string& path);

}  // namespace uvinetd
