// SPDX-License-Identifier: ISC
#include "spawn/spawner_choice.h"

#include "spawn/clone_spawner.h"
#include "spawn/posix_spawner.h"

namespace uvinetd {

std::optional<SpawnerKind> spawner_from_name(std::string_view name) {
  if (name == "posix_spawn") return SpawnerKind::PosixSpawn;
  if (name == "clone") return SpawnerKind::Clone;
  return std::nullopt;
}

bool is_built_in(SpawnerKind kind) {
  return kind == SpawnerKind::PosixSpawn || kHasCloneSpawner;
}

Result<std::unique_ptr<Spawner>> make_spawner(SpawnerKind kind) {
  switch (kind) {
    case SpawnerKind::PosixSpawn:
      return std::make_unique<PosixSpawner>();
    case SpawnerKind::Clone:
      return make_clone_spawner();
  }
  return fail("spawner", {}, EINVAL);
}

}  // namespace uvinetd
