// SPDX-License-Identifier: ISC
// Collecting children that have ended, and knowing whether a session still lives.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace uvinetd {

inline constexpr int kUnknownStatus = -1;          // reaped by somebody else
inline constexpr std::int64_t kUnknownUsage = -1;  // the same

struct Exit {
  pid_t pid = 0;
  int status = 0;  // as wait4(2) gives it
  std::int64_t user_usec = kUnknownUsage;
  std::int64_t system_usec = kUnknownUsage;
  std::int64_t max_rss_kib = kUnknownUsage;
};

// One ended child of this process, any of them; nullopt when none has ended. Never blocks.
// wait4(2), because glibc's waitid(3) gives no resource usage.
[[nodiscard]] std::optional<Exit> reap_one();

// Whether `pid` is a child of this process, alive or not yet reaped (as after an adoption). Does
// not reap.
[[nodiscard]] bool is_child(pid_t pid);

// The status of the log vocabulary: "0", "signal:9", "unknown" (kUnknownStatus).
[[nodiscard]] std::string status_text(int status);

// Orphaned descendants become children of this process (Linux: PR_SET_CHILD_SUBREAPER). False
// where the system has no such thing; then they go to init and only session_lives() knows of them.
bool become_subreaper();

// Whether a process of the group that `leader` founded by setsid(2) still exists: a server that
// forks and lets its parent exit goes on serving.
[[nodiscard]] bool session_lives(pid_t leader);

}  // namespace uvinetd
