// SPDX-License-Identifier: ISC
// The parts of identity_box.h that only Linux has. Elsewhere each is ENOSYS where it is asked for.
#pragma once

#include "core/base/result.h"
#include "spawn/settings/identity_box.h"

namespace uvinetd {

Status take_io_priority(const IdentityBox& box);
// A network of one's own, with the loopback interface up; mounts that nobody else sees, the root
// being a mount of its own.
Status enter_namespaces(const IdentityBox& box);
// Inside the new root.
Status make_mounts(const IdentityBox& box);
Status give_up_new_privileges();

}  // namespace uvinetd
