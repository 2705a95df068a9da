// SPDX-License-Identifier: ISC
#include "bench/micro/spawn_case.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <cerrno>

#include "bench/micro/probe_program.h"

namespace uvinetd::bench {

SpawnCase::SpawnCase(int connection)
    : name_(probe_name()),
      variable_("PROTO=TCP"),
      argv_{name_.data(), nullptr},
      environment_{variable_.data(), nullptr} {
  request_.program = probe_program().c_str();
  request_.argv = argv_.data();
  request_.environment = environment_.data();
  request_.connection = connection;
}

Status SpawnCase::run(Spawner& spawner) {
  const auto pid = spawner.spawn(request_);
  if (!pid) return tl::unexpected(pid.error());
  int status = 0;
  rusage usage{};
  if (wait4(*pid, &status, 0, &usage) != *pid) return fail_errno("wait4");
  if (status != 0) return fail("probe", "status " + std::to_string(status), 0);
  return {};
}

}  // namespace uvinetd::bench
