// SPDX-License-Identifier: ISC
// A real uvi-launcher, started as the monitor starts it, with the benchmark as its monitor and its
// reactor. Owns the process: it is killed and reaped at the end. Everything that waits does so for
// at most some seconds.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/base/channel.h"
#include "core/base/result.h"
#include "core/base/shared_memory.h"
#include "spawn/spawner_choice.h"
#include "spawn/table.h"
#include "spawn/wire.h"

namespace uvinetd::bench {

class LauncherProcess {
 public:
  static constexpr std::uint32_t kIdentity = 1;

  LauncherProcess() = default;
  ~LauncherProcess();
  LauncherProcess(const LauncherProcess&) = delete;
  LauncherProcess& operator=(const LauncherProcess&) = delete;

  // Until it is ready for launches. `services` have the identity kIdentity.
  // Errors: the binary is missing, or what the launcher answered.
  Status start(const std::vector<TableService>& services, SpawnerKind spawner);

  // `connection` is borrowed.
  Status launch(LaunchId id, std::uint32_t service, int connection);
  // The next report; nullopt: the launcher is gone or silent.
  std::optional<Report> next_report();

 private:
  Status take_start(const std::vector<TableService>& services, SpawnerKind spawner);
  Status connect();
  // The next message of this type on the monitor's channel; other ones are dropped.
  std::optional<Message> await(MessageType type);

  pid_t pid_ = -1;
  Channel monitor_;
  Channel reactor_;
  SharedPage page_;
  std::deque<Report> reports_;
};

}  // namespace uvinetd::bench
