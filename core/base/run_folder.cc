// SPDX-License-Identifier: ISC
#include "core/base/run_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace uvinetd {

std::string run_folder(uid_t user, const char* runtime_dir) {
  if (user == 0) return "/run/uvinetd";
  const bool is_set = runtime_dir != nullptr && *runtime_dir == '/';
  return is_set ? std::string(runtime_dir) + "/uvinetd" : std::string();
}

std::string run_folder() {
  return run_folder(geteuid(), std::getenv("XDG_RUNTIME_DIR"));
}

Status make_run_folder(const std::string& folder) {
  if (mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return fail_errno("mkdir", folder);
}

}  // namespace uvinetd
