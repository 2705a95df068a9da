// SPDX-License-Identifier: ISC
// The portable way to start a server that has something to do in its own process before the exec,
// which posix_spawn(3) cannot: fork(2) from the launcher, which is small.
//
// An extra program between the two would do the same, at the price of one more exec per start, of a
// way to it inside every chroot and of a place for its orders that no server can see.
#pragma once

#include "core/base/shared_memory.h"
#include "spawn/spawner.h"

namespace uvinetd {

class ForkSpawner final : public Spawner {
 public:
  Result<pid_t> spawn(const SpawnRequest& request) noexcept override;

 private:
  // Where a child says what failed: memory, because it may have no system call left to say it with.
  Mapping failure_;
};

}  // namespace uvinetd
