// SPDX-License-Identifier: ISC
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "spawn/child_steps_system.h"
#include "spawn/path_rights.h"

namespace uvinetd {
namespace {

constexpr int kOfProcess = 1;  // IOPRIO_WHO_PROCESS

// What a rule of a file may give: execute, write, read, truncate, ioctl on a device. The rest is of
// directories, and refused with a file.
constexpr std::uint64_t kFileRights = path_right::kExecute | path_right::kWriteFile |
                                      path_right::kReadFile | path_right::kTruncate |
                                      path_right::kDeviceControl;

// errno is that of the first failure, whatever closing says.
UVINETD_IN_CHILD bool close_and_fail(int fd) {
  const int code = errno;
  ::close(fd);
  errno = code;
  return false;
}

UVINETD_IN_CHILD bool add_rule(int rules, const PathRule& rule) {
  const int fd = ::open(rule.path.data(), O_PATH | O_CLOEXEC);
  if (fd < 0) return false;
  struct stat status {};
  if (::fstat(fd, &status) != 0) return close_and_fail(fd);
  landlock_path_beneath_attr beneath{};
  beneath.allowed_access = S_ISDIR(status.st_mode) ? rule.rights : rule.rights & kFileRights;
  beneath.parent_fd = fd;
  if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) {
    return close_and_fail(fd);
  }
  ::close(fd);
  return true;
}

UVINETD_IN_CHILD bool add_rules(int rules, const BoxSettings& box) {
  const auto* rule = box.paths.data();
  for (std::size_t i = 0; i < box.paths.size(); ++i, ++rule) {
    if (!add_rule(rules, *rule)) return false;
  }
  return ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
}

}  // namespace

int path_rights_version() {
  const auto version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

UVINETD_IN_CHILD bool set_io_priority(std::uint16_t priority) {
  return ::syscall(SYS_ioprio_set, kOfProcess, 0, static_cast<int>(priority)) == 0;
}

// "0" is whoever writes it. The descriptor was opened by root, and by that it is decided whether
// this may be done (Linux 5.16); older kernels look at who writes.
UVINETD_IN_CHILD bool join_group(int group) {
  return ::write(group, "0\n", 2) == 2;
}

UVINETD_IN_CHILD bool forbid_new_privileges() {
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

UVINETD_IN_CHILD bool keep_to_paths(const BoxSettings& box) {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = box.path_rights;
  const auto rules = static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0));
  if (rules < 0) return false;
  if (!add_rules(rules, box)) return close_and_fail(rules);
  ::close(rules);
  return true;
}

UVINETD_IN_CHILD bool keep_to_calls(const BoxSettings& box) {
  static_assert(sizeof(sock_filter) == sizeof(std::uint64_t));
  if (box.call_filter.size() > USHRT_MAX) {
    errno = E2BIG;
    return false;
  }
  sock_fprog program{};
  program.len = static_cast<unsigned short>(box.call_filter.size());
  program.filter =
      reinterpret_cast<sock_filter*>(const_cast<std::uint64_t*>(box.call_filter.data()));
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace uvinetd
