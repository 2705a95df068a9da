// SPDX-License-Identifier: ISC
// Taking on an identity: once, at the start of a role, irrevocably.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"

namespace uvinetd {

struct IdentityChange {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  // all supplementary groups; replaces what was there
  // Kept as the saved gid (0: none): a process of the same user but without this gid may neither
  // trace us nor change our limits (ptrace(2), prlimit(2) compare all three gids). exec(2) puts the
  // effective gid in its place, so children never have it.
  std::uint32_t guard_gid = 0;
  bool keeps_capabilities = false;  // permitted, not in effect: what seal_box() then takes of them
};

// Order: groups, gids, uids; each result is checked, and afterwards that the way back is closed
// (no uid 0 can be regained). Errors: the failing call; the process must then end.
Status become(const IdentityChange& change);

// True when this process may become anybody: uid 0, and on Linux CAP_SETUID and CAP_SETGID too
// (a container may have taken them from root).
[[nodiscard]] bool can_change_identity();

}  // namespace uvinetd
