// SPDX-License-Identifier: ISC
// The folder of what a daemon keeps only while it runs: its control socket, its state.
#pragma once

#include <sys/types.h>

#include <string>

#include "core/base/result.h"

namespace uvinetd {

// Root's is /run/uvinetd; of another user it is in what XDG_RUNTIME_DIR names, if that is an
// absolute path (XDG Base Directory Specification). "": there is none that only this user can write
// to. Pure.
[[nodiscard]] std::string run_folder(uid_t user, const char* runtime_dir);
// Of this process.
[[nodiscard]] std::string run_folder();
// Makes it (0755) if it is not there. Errors: those of mkdir(2).
Status make_run_folder(const std::string& folder);

}  // namespace uvinetd
