// SPDX-License-Identifier: ISC
// The portable spawner: posix_spawn with file actions.
#pragma once

#include <spawn.h>

#include "spawn/spawner.h"

namespace uvinetd {

class PosixSpawner final : public Spawner {
 public:
  PosixSpawner();
  ~PosixSpawner() override;
  PosixSpawner(const PosixSpawner&) = delete;
  PosixSpawner& operator=(const PosixSpawner&) = delete;
  Result<pid_t> spawn(const SpawnRequest& request) noexcept override;

 private:
  posix_spawnattr_t attributes_;  // the same for every child, made once
};

}  // namespace uvinetd
