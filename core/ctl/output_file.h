// SPDX-License-Identifier: ISC
// Where a verb's result goes: a file that is there whole or not at all, or standard output.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace uvinetd {

enum class IfThere { Refuse, Replace };

// Writes `path` with mode 0644 through a temporary file beside it, which is on the disk before it
// gets that name. A link at `path` is replaced, not followed. Errors: EEXIST for Refuse, and what
// the system says; the temporary file is then gone. Blocks for the disk.
Status write_whole_file(const std::string& path, std::string_view text, IfThere if_there);

// All of `text`, also to a pipe that takes little at a time.
Status write_standard_output(std::string_view text);

}  // namespace uvinetd
