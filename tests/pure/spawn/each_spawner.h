// SPDX-License-Identifier: ISC
// For tests that run once with each spawner that this build has.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spawn/spawner_choice.h"

namespace uvinetd::test {

inline auto each_spawner() {
  std::vector<SpawnerKind> kinds{SpawnerKind::PosixSpawn};
  if (is_built_in(SpawnerKind::Clone)) kinds.push_back(SpawnerKind::Clone);
  return testing::ValuesIn(kinds);
}

inline std::string spawner_name(const testing::TestParamInfo<SpawnerKind>& info) {
  return info.param == SpawnerKind::Clone ? "Clone" : "PosixSpawn";
}

}  // namespace uvinetd::test
