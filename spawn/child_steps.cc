// SPDX-License-Identifier: ISC
#include "spawn/child_steps.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "spawn/child_steps_system.h"

namespace uvinetd {
namespace {

constexpr std::string_view kSteps[] = {"nice",         "ioprio_set", "cgroup", "setrlimit",
                                       "no_new_privs", "landlock",   "seccomp"};

UVINETD_IN_CHILD bool set_limits(const BoxSettings& box) {
  const auto* at = box.limits.data();
  for (std::size_t i = 0; i < box.limits.size(); ++i, ++at) {
    const rlimit limit{static_cast<rlim_t>(at->soft), static_cast<rlim_t>(at->hard)};
    // glibc has a type of its own for the first argument.
    if (::setrlimit(static_cast<decltype(RLIMIT_CPU)>(at->resource), &limit) != 0) return false;
  }
  return true;
}

UVINETD_IN_CHILD bool set_nice(const BoxSettings& box) {
  return !box.nice || ::setpriority(PRIO_PROCESS, 0, *box.nice) == 0;
}

UVINETD_IN_CHILD void write_own_pid(char* out) {
  char digits[kPidDigits];
  std::size_t count = 0;
  for (auto rest = static_cast<unsigned>(::getpid()); rest != 0; rest /= 10) {
    digits[count++] = static_cast<char>('0' + rest % 10);
  }
  while (count != 0) *out++ = digits[--count];
  *out = '\0';
}

// Joining the group comes before the steps that take paths and calls away.
UVINETD_IN_CHILD const char* apply_box(const BoxSettings& box, int group) {
  if (!set_nice(box)) return "nice";
  if (box.io_priority != 0 && !set_io_priority(box.io_priority)) return "ioprio_set";
  if (box.joins_group && !join_group(group)) return "cgroup";
  if (!set_limits(box)) return "setrlimit";
  const bool is_irrevocable = box.no_new_privs || box.path_rights != 0 || !box.call_filter.empty();
  if (is_irrevocable && !forbid_new_privileges()) return "no_new_privs";
  if (box.path_rights != 0 && !keep_to_paths(box)) return "landlock";
  if (!box.call_filter.empty() && !keep_to_calls(box)) return "seccomp";
  return nullptr;
}

}  // namespace

bool is_child_step(std::string_view step) {
  return std::find(std::begin(kSteps), std::end(kSteps), step) != std::end(kSteps);
}

UVINETD_IN_CHILD const char* apply_child_steps(const ChildSteps& steps) {
  if (steps.own_pid != nullptr) write_own_pid(steps.own_pid);
  return steps.box == nullptr ? nullptr : apply_box(*steps.box, steps.group);
}

}  // namespace uvinetd
