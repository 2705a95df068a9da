// SPDX-License-Identifier: ISC
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "core/base/sandbox.h"

namespace uvinetd {

void enter_empty_root() {
  for (const char* parent : {"/var/run", "/var/tmp", "/tmp"}) {
    std::array<char, 64> path{};
    std::snprintf(path.data(), path.size(), "%s/uvinetd-root-XXXXXX", parent);
    if (mkdtemp(path.data()) == nullptr) continue;
    const bool is_in =
        chdir(path.data()) == 0 && rmdir(path.data()) == 0 && chroot(".") == 0 && chdir("/") == 0;
    if (is_in) return;
  }
}

void restrict_system_calls() {}  // Capsicum and pledge are a port's own file

}  // namespace uvinetd
