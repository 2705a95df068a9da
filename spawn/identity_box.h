// SPDX-License-Identifier: ISC
// Taking on the box of an identity: by a launcher, at its start, irrevocably.
//
//     enter_box()    priorities, ceilings, control group, namespaces, root, mounts, bounding set
//     become()       groups, gids, uids; with ambient capabilities they are kept over it
//     seal_box()     ambient capabilities, no new privileges
//
// Each call is checked, and what can be read back is. A failure ends the launcher: a server never
// runs in less of a box.
#pragma once

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "spawn/identity.h"
#include "spawn/settings/identity_box.h"

namespace uvinetd {

// Returns cgroup.procs of the control group, open for writing; not open when there is none.
// Errors: the key that could not be had ("chroot", "private_network", ...) and the errno.
Result<UniqueFd> enter_box(const IdentityBox& box);

Status seal_box(const IdentityBox& box, std::uint32_t uid);

}  // namespace uvinetd
