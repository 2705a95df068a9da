// SPDX-License-Identifier: ISC
// Where the programs of this project are: beside the one that runs, which may be a build that is
// not installed, or where they have been installed.
#pragma once

#include <string>
#include <vector>

namespace uvinetd {

// The path of the running program, through the kernel where it tells.
[[nodiscard]] std::string own_program();
// The folders to look in, in this order; `own` is own_program().
[[nodiscard]] std::vector<std::string> program_folders(const std::string& own);
// The first that is there and may be executed; "": there is none.
[[nodiscard]] std::string find_program(const std::string& name);

}  // namespace uvinetd
