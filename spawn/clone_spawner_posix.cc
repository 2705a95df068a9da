// SPDX-License-Identifier: ISC
#include "spawn/clone_spawner.h"

namespace uvinetd {

Result<std::unique_ptr<Spawner>> make_clone_spawner() {
  return fail("spawner", {}, ENOSYS);
}

}  // namespace uvinetd
