// SPDX-License-Identifier: ISC
#include "core/monitor/limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

namespace uvinetd {
namespace {

constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

// A file that holds one number ("max" or anything else is no limit).
std::uint64_t number_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? value : kNone;
}

// The folders of our control groups, v1 and v2 (cgroups(7), /proc/pid/cgroup).
std::uint64_t control_group_limit() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  auto least = kNone;
  while (std::getline(file, line)) {
    const auto path = line.substr(line.rfind(':') + 1);
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/pids"}) {
      least = std::min(least, number_in(root + path + "/pids.max"));
    }
  }
  return std::min(least, number_in("/sys/fs/cgroup/pids.max"));
}

}  // namespace

std::uint32_t global_instance_limit() {
  auto least = std::min({number_in("/proc/sys/kernel/pid_max"),
                         number_in("/proc/sys/kernel/threads-max"), control_group_limit()});
  rlimit processes{};
  if (geteuid() != 0 && getrlimit(RLIMIT_NPROC, &processes) == 0 &&
      processes.rlim_cur != RLIM_INFINITY) {
    least = std::min<std::uint64_t>(least, processes.rlim_cur);
  }
  if (least == kNone) return 0;
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(least / 10 * 8, 16, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace uvinetd
