// SPDX-License-Identifier: ISC
// What a new process does to itself before it becomes the server, for services that ask: one list
// of steps, called by either spawner in its child.
//
//     limits and priorities, control group, paths, no new privileges, system calls, own pid
//
// System calls only: the child may share its parent's memory, and allocates nothing. A step that
// fails ends the start: no server runs with less than it was given.
//
// What the launcher itself would suffer from, or what differs between services of one identity, is
// here; what needs privilege the launcher took on at its own start (identity.h).
#pragma once

#include <cstddef>
#include <string_view>

#include "spawn/settings/box.h"

namespace uvinetd {

// What runs in the child of the clone spawner is on a stack that AddressSanitizer knows nothing of.
#define UVINETD_IN_CHILD __attribute__((no_sanitize("address", "undefined")))

#if defined(__linux__) && !defined(UVINETD_PORTABLE_BUILD)
inline constexpr bool kHasLinuxBoxes = true;
#else
inline constexpr bool kHasLinuxBoxes = false;
#endif

inline constexpr std::size_t kPidDigits = 11;  // of a pid in decimal, and the final zero

struct ChildSteps {
  const BoxSettings* box = nullptr;  // null: none
  int group = -1;                    // cgroup.procs of the control group to join, open for writing
  // Where in the environment the process's own pid is to stand ("LISTEN_PID=", then kPidDigits);
  // null: nowhere.
  char* own_pid = nullptr;

  [[nodiscard]] bool is_empty() const { return box == nullptr && own_pid == nullptr; }
};

// Returns the step that failed, with errno set, or null. Steps: "nice", "ioprio_set", "setrlimit",
// "cgroup", "no_new_privs", "landlock", "seccomp".
//
// What only Linux has fails elsewhere, with ENOSYS.
[[nodiscard]] const char* apply_child_steps(const ChildSteps& steps);

[[nodiscard]] bool is_child_step(std::string_view step);

}  // namespace uvinetd
