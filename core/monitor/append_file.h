// SPDX-License-Identifier: ISC
// Files that are only added to: logs of services, and what servers write to standard error.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

// Opens a file for adding to it, and makes it (`mode` less the umask) if it is not there. Follows
// no link and never waits. Errors: those of open(2); EINVAL: it is no regular file.
[[nodiscard]] Result<UniqueFd> open_append_file(const std::string& path, mode_t mode = 0640);
// The same; EMLINK: the file has another name too, by which somebody may have made us write to what
// is not his.
[[nodiscard]] Result<UniqueFd> open_only_name(const std::string& path, mode_t mode = 0640);

}  // namespace uvinetd
