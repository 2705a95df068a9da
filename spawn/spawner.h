// SPDX-License-Identifier: ISC
// Starts one server process. Implementations: PosixSpawner (portable, the default).
#pragma once

#include <sys/types.h>

#include "core/base/result.h"

namespace uvinetd {

// What one start needs; everything is borrowed for the call.
struct SpawnRequest {
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* working_directory = nullptr;  // null: the launcher's own, which is /
  int connection = -1;                      // becomes fds 0, 1 and 2
};

class Spawner {
 public:
  virtual ~Spawner() = default;
  // The child has the connection as fds 0, 1 and 2 and no other descriptor (all of ours are
  // close-on-exec), its own session, an empty signal mask and default dispositions.
  //
  // Returns  the pid of a child that the caller must reap.
  // Errors   the failing step and its errno; no zombie is left. EAGAIN and ENOMEM are worth a
  // retry. Blocks   until the exec succeeded or failed (vfork semantics). Source   posix_spawn(3):
  // glibc >= 2.24 returns exec errors instead of exit status 127.
  virtual Result<pid_t> spawn(const SpawnRequest& request) noexcept = 0;
};

}  // namespace uvinetd
