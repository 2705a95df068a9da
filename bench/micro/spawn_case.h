// SPDX-License-Identifier: ISC
// One start of the probe by a spawner of this process, to the end of the child: what every way of
// starting servers is timed by.
#pragma once

#include <array>
#include <string>

#include "core/base/result.h"
#include "spawn/spawner.h"

namespace uvinetd::bench {

// Not movable: it points into itself.
class SpawnCase {
 public:
  // The probe's connection is borrowed.
  explicit SpawnCase(int connection);
  SpawnCase(const SpawnCase&) = delete;
  SpawnCase& operator=(const SpawnCase&) = delete;

  // Starts the probe and reaps it with wait4(2). Errors: the spawner's; "probe" when it did not
  // exit with 0.
  Status run(Spawner& spawner);

 private:
  std::string name_;
  std::string variable_;
  std::array<char*, 2> argv_;
  std::array<char*, 2> environment_;
  SpawnRequest request_;
};

}  // namespace uvinetd::bench
