// SPDX-License-Identifier: ISC
#include "spawn/identity_box_system.h"

namespace uvinetd {

Status take_io_priority(const IdentityBox& box) {
  if (box.io_priority != 0) return fail("ionice", {}, ENOSYS);
  return {};
}

Status enter_namespaces(const IdentityBox& box) {
  if (box.private_network) return fail("private_network", {}, ENOSYS);
  if (box.has_mounts()) return fail("mount", {}, ENOSYS);
  return {};
}

Status make_mounts(const IdentityBox& /*box*/) {
  return {};
}

Status give_up_new_privileges() {
  return fail("no_new_privs", {}, ENOSYS);
}

}  // namespace uvinetd
