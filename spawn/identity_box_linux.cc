// SPDX-License-Identifier: ISC
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/unique_fd.h"
#include "spawn/identity_box_system.h"

namespace uvinetd {
namespace {

// ---- the mount calls of Linux 5.12, which not every C library declares --------------------------

struct MountAttributes {
  std::uint64_t set = 0;
  std::uint64_t clear = 0;
  std::uint64_t propagation = 0;
  std::uint64_t user_namespace = 0;
};
constexpr std::uint64_t kReadOnly = 1;          // MOUNT_ATTR_RDONLY
constexpr unsigned kCloneTree = 1;              // OPEN_TREE_CLONE
constexpr unsigned kRecursive = 0x8000;         // AT_RECURSIVE
constexpr unsigned kFromDescriptor = 0x4;       // MOVE_MOUNT_F_EMPTY_PATH
constexpr unsigned kFollowsTarget = 0x10;       // MOVE_MOUNT_T_SYMLINKS
constexpr unsigned kEmptyPath = AT_EMPTY_PATH;  // of the other two

// Numbers that all processors share (those after 423 are).
constexpr long kOpenTree = 428;
constexpr long kMoveMount = 429;
constexpr long kMountSetattr = 442;

// A detached copy of what is mounted there.
UniqueFd copy_of(int folder, const char* path, unsigned flags) {
  return UniqueFd(static_cast<int>(
      ::syscall(kOpenTree, folder, path, kCloneTree | static_cast<unsigned>(O_CLOEXEC) | flags)));
}

bool attach(const UniqueFd& tree, const std::string& path) {
  return ::syscall(kMoveMount, tree.get(), "", AT_FDCWD, path.c_str(),
                   kFromDescriptor | kFollowsTarget) == 0;
}

bool make_read_only(int folder, const char* path, unsigned flags) {
  const MountAttributes attributes{kReadOnly, 0, 0, 0};
  return ::syscall(kMountSetattr, folder, path, flags | kRecursive, &attributes,
                   sizeof attributes) == 0;
}

// ---- the parts ----------------------------------------------------------------------------------

bool bring_up_loopback() {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return false;
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  if (::ioctl(fd.get(), SIOCGIFFLAGS, &request) != 0) return false;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  return ::ioctl(fd.get(), SIOCSIFFLAGS, &request) == 0;
}

Status make_read_only(const std::string& path) {
  // What is mounted over the root is not seen by who stands in it.
  if (path == "/") {
    if (!make_read_only(AT_FDCWD, "/", 0)) return fail_errno("read_only_paths", path);
    return {};
  }
  const auto tree = copy_of(AT_FDCWD, path.c_str(), kRecursive);
  if (!tree.is_open() || !make_read_only(tree.get(), "", kEmptyPath) || !attach(tree, path)) {
    return fail_errno("read_only_paths", path);
  }
  return {};
}

Status make_private_tmp(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 && errno == ENOENT) return {};  // /var/tmp need not be
  if (::mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=10%") != 0) {
    return fail_errno("private_tmp", path);
  }
  return {};
}

constexpr unsigned long kInert = MS_NOSUID | MS_NODEV | MS_NOEXEC;

// An empty file that nobody may open, as a mount that can be put over others. Its file system is
// mounted over the root for a moment, where nobody sees it: who stands in the root is below.
UniqueFd empty_file() {
  if (::mount("tmpfs", "/", "tmpfs", kInert, "mode=700,nr_inodes=4,size=4k") != 0) return {};
  // The root is left for what is mounted over it by going up from it.
  const UniqueFd above(::open("/..", O_PATH | O_DIRECTORY | O_CLOEXEC));
  UniqueFd out;
  if (above.is_open()) {
    const UniqueFd file(::openat(above.get(), "none", O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0));
    if (file.is_open()) out = copy_of(above.get(), "none", 0);
    const int code = errno;
    const bool is_left = ::fchdir(above.get()) == 0 && ::umount2(".", MNT_DETACH) == 0;
    if (::chdir("/") != 0 || !is_left) return {};
    errno = code;
  }
  return out;
}

Status hide(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return fail_errno("inaccessible_paths", path);
  if (S_ISDIR(status.st_mode)) {
    if (::mount("tmpfs", path.c_str(), "tmpfs", kInert | MS_RDONLY, "mode=000,nr_inodes=1") != 0) {
      return fail_errno("inaccessible_paths", path);
    }
    return {};
  }
  const auto file = empty_file();
  if (!file.is_open() || !attach(file, path)) return fail_errno("inaccessible_paths", path);
  return {};
}

// A mount of its own, so that it can be made read-only as a whole.
Status make_root_a_mount(const std::string& root) {
  const auto tree = copy_of(AT_FDCWD, root.c_str(), kRecursive);
  if (!tree.is_open() || !attach(tree, root)) return fail_errno("chroot", root);
  return {};
}

}  // namespace

Status take_io_priority(const IdentityBox& box) {
  constexpr int kOfProcess = 1;  // IOPRIO_WHO_PROCESS
  if (box.io_priority == 0) return {};
  if (::syscall(SYS_ioprio_set, kOfProcess, 0, static_cast<int>(box.io_priority)) != 0) {
    return fail_errno("ionice");
  }
  return {};
}

Status enter_namespaces(const IdentityBox& box) {
  if (box.private_network) {
    if (::unshare(CLONE_NEWNET) != 0) return fail_errno("private_network");
    if (!bring_up_loopback()) return fail_errno("private_network", "lo");
  }
  if (!box.has_mounts()) return {};
  if (::unshare(CLONE_NEWNS) != 0) return fail_errno("mount");
  // What the host mounts later is seen here; what is mounted here is not seen there.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return fail_errno("mount");
  return box.root.empty() ? Status() : make_root_a_mount(box.root);
}

Status make_mounts(const IdentityBox& box) {
  for (const auto& path : box.read_only_paths) {
    if (auto status = make_read_only(path); !status) return status;
  }
  if (box.private_tmp) {
    for (const char* path : {"/tmp", "/var/tmp"}) {
      if (auto status = make_private_tmp(path); !status) return status;
    }
  }
  for (const auto& path : box.inaccessible_paths) {
    if (auto status = hide(path); !status) return status;
  }
  return {};
}

Status give_up_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("no_new_privs");
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return fail("no_new_privs", {}, EPERM);
  return {};
}

}  // namespace uvinetd
