// SPDX-License-Identifier: ISC
// The portable spawner: posix_spawn with file actions; fork for a server with steps of its own.
#pragma once

#include <spawn.h>

#include <memory>

#include "spawn/fork_spawner.h"
#include "spawn/spawner.h"

namespace uvinetd {

class FileActions;

class PosixSpawner final : public Spawner {
 public:
  PosixSpawner();
  ~PosixSpawner() override;
  PosixSpawner(const PosixSpawner&) = delete;
  PosixSpawner& operator=(const PosixSpawner&) = delete;
  Result<pid_t> spawn(const SpawnRequest& request) noexcept override;

 private:
  Result<const FileActions*> actions_for(const SpawnRequest& request);

  posix_spawnattr_t attributes_;          // the same for every child, made once
  std::unique_ptr<FileActions> actions_;  // of the last child
  int kept_errors_ = -1;
  int kept_connection_ = -1;  // that they were made for; -1: they are not to be used again
  ForkSpawner fork_;          // for those with steps
};

}  // namespace uvinetd
