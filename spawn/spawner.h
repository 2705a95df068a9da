// SPDX-License-Identifier: ISC
// Starts one server process. Implementations: PosixSpawner (portable, the default) and, on Linux,
// the clone spawner; spawner_choice.h makes either.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>

#include "core/base/result.h"
#include "spawn/child_steps.h"

namespace uvinetd {

inline constexpr int kSpawnedChannelFd = 3;

// What one start needs; everything is borrowed for the call.
struct SpawnRequest {
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  const char* working_directory = nullptr;  // null: the launcher's own, which is /
  int connection = -1;                      // becomes fds 0, 1 and 2
  int errors = -1;                          // becomes fd 2 instead, when it is there
  int channel = -1;                         // becomes fd 3, when it is there: for a zygote
  // Become fds 3, 4, ...: those of sd_listen_fds(3), kMostListenFds at most, never with a channel.
  // Only for a server with steps (its own pid).
  const int* sockets = nullptr;
  int socket_count = 0;
  // Where the pid is wanted too, for others to read; may be null. It holds 0 before the call and
  // after a failed one. PosixSpawner writes it when the child runs, the clone spawner before.
  std::atomic<std::int32_t>* pid = nullptr;
  ChildSteps steps;  // what it does to itself before the exec
};

class Spawner {
 public:
  virtual ~Spawner() = default;
  // The child has the connection as fds 0, 1 and (mostly) 2, perhaps a channel or sockets, and no
  // other descriptor (all of ours are close-on-exec), its own session, an empty signal mask and
  // default dispositions.
  //
  // Returns  the pid of a child that the caller must reap.
  // Errors   the failing step ("posix_spawn", "fork", "clone"; "setsid", "dup2", "chdir", "execve";
  // one of child_steps.h) and its errno; no zombie is left. EAGAIN and ENOMEM are worth a retry.
  // Blocks   until the exec succeeded or failed (vfork semantics).
  virtual Result<pid_t> spawn(const SpawnRequest& request) noexcept = 0;
};

}  // namespace uvinetd
