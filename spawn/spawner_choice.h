// SPDX-License-Identifier: ISC
// Which spawners there are, and making one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/base/result.h"
#include "spawn/spawner.h"

namespace uvinetd {

// The numbers are in messages and ledgers: never change one.
enum class SpawnerKind : std::uint8_t { PosixSpawn = 0, Clone = 1 };

// "posix_spawn", "clone".
[[nodiscard]] std::optional<SpawnerKind> spawner_from_name(std::string_view name);
[[nodiscard]] bool is_built_in(SpawnerKind kind);

// Make it when the process's own signal dispositions are what they will be.
// Errors: ENOSYS: not built in; ENOMEM.
Result<std::unique_ptr<Spawner>> make_spawner(SpawnerKind kind);

}  // namespace uvinetd
