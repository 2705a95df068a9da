// SPDX-License-Identifier: ISC
// fork(2) + execve(2) with the contract of spawn/spawner.h: what the daemon is spared.
#pragma once

#include "spawn/spawner.h"

namespace uvinetd::bench {

// The connection's number is above 2.
class ForkSpawner final : public Spawner {
 public:
  // Errors: fork, pipe; any step of the child as "execve", told through a pipe that the exec
  // closes.
  Result<pid_t> spawn(const SpawnRequest& request) noexcept override;
};

}  // namespace uvinetd::bench
