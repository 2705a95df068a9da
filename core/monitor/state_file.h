// SPDX-License-Identifier: ISC
// The daemon's state as JSON, written on USR1.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace uvinetd {

struct StateSnapshot {
  struct Service {
    std::string id;
    std::vector<std::string> addresses;
  };
  std::string summary;
  std::vector<std::string> degraded;  // in words
  std::uint32_t generation = 0;
  std::uint32_t reactor_epoch = 0;
  pid_t reactor_pid = 0;
  std::size_t launchers = 0;
  std::size_t children = 0;
  std::vector<Service> services;
};

// /run/uvinetd/state.json as root, else $XDG_RUNTIME_DIR/uvinetd/state.json. Written beside and
// renamed, so that a reader never sees half of it. Errors: there is no such folder, or it cannot be
// made or written.
Status write_state_file(const StateSnapshot& state);

}  // namespace uvinetd
