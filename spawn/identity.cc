// SPDX-License-Identifier: ISC
#include "spawn/identity.h"

#include <grp.h>
#include <unistd.h>

#include "spawn/capability.h"

#ifdef __linux__
#include <linux/capability.h>
#include <sys/syscall.h>
#endif

namespace uvinetd {
namespace {

Status change_groups(const IdentityChange& change) {
  const std::vector<gid_t> groups(change.groups.begin(), change.groups.end());
  if (setgroups(groups.size(), groups.data()) != 0) return fail_errno("setgroups");
  return {};
}

#ifdef __APPLE__
Status change_ids(const IdentityChange& change) {  // no setresuid there; no saved-gid guard
  if (setgid(change.gid) != 0) return fail_errno("setgid");
  if (setuid(change.uid) != 0) return fail_errno("setuid");
  return {};
}
#else
Status change_ids(const IdentityChange& change) {
  const gid_t saved = change.guard_gid != 0 ? change.guard_gid : change.gid;
  if (setresgid(change.gid, change.gid, saved) != 0) return fail_errno("setresgid");
  if (setresuid(change.uid, change.uid, change.uid) != 0) return fail_errno("setresuid");
  return {};
}
#endif

}  // namespace

Status become(const IdentityChange& change) {
  if (change.keeps_capabilities) {
    if (auto status = keep_capabilities(); !status) return status;
  }
  if (auto status = change_groups(change); !status) return status;
  if (auto status = change_ids(change); !status) return status;
  if (change.uid != 0 && (setuid(0) == 0 || getuid() != change.uid || geteuid() != change.uid)) {
    return fail("setuid", "root could be regained", EPERM);
  }
  if (getgid() != change.gid || getegid() != change.gid) return fail("setgid", "not taken", EPERM);
  return {};
}

#ifdef __linux__
bool can_change_identity() {
  if (geteuid() != 0) return false;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return true;
  const auto wanted = (1U << CAP_SETUID) | (1U << CAP_SETGID);
  return (data[0].effective & wanted) == wanted;
}
#else
bool can_change_identity() {
  return geteuid() == 0;
}
#endif

}  // namespace uvinetd
