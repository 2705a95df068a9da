// SPDX-License-Identifier: ISC
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "core/base/sandbox.h"

// Sanitizers start processes of their own: no filter with them.
#if defined(UVINETD_SECCOMP) && !defined(UVINETD_SANITIZED)
#define UVINETD_FILTERS_CALLS 1
#include <seccomp.h>
#endif

namespace uvinetd {
namespace {

// A fresh directory that is gone from its parent before we enter it: nothing can ever be put there.
bool enter_removed_directory(const char* parent) {
  std::array<char, 64> path{};
  std::snprintf(path.data(), path.size(), "%s/uvinetd-root-XXXXXX", parent);
  if (mkdtemp(path.data()) == nullptr) return false;
  const int fd = open(path.data(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  rmdir(path.data());
  if (fd < 0) return false;
  const bool is_in = fchdir(fd) == 0 && chroot(".") == 0 && chdir("/") == 0;
  close(fd);
  return is_in;
}

#ifdef UVINETD_FILTERS_CALLS
void forbid(scmp_filter_ctx filter) {
  const int calls[] = {
      SCMP_SYS(execve),
      SCMP_SYS(execveat),
      SCMP_SYS(fork),
      SCMP_SYS(vfork),
      SCMP_SYS(ptrace),
      SCMP_SYS(mkdir),
      SCMP_SYS(mkdirat),
      SCMP_SYS(creat),
      SCMP_SYS(unlink),
      SCMP_SYS(unlinkat),
      SCMP_SYS(rename),
      SCMP_SYS(renameat),
      SCMP_SYS(renameat2),
      SCMP_SYS(link),
      SCMP_SYS(linkat),
      SCMP_SYS(symlink),
      SCMP_SYS(symlinkat),
      SCMP_SYS(mknod),
      SCMP_SYS(mknodat),
      SCMP_SYS(chmod),
      SCMP_SYS(fchmodat),
      SCMP_SYS(chown),
      SCMP_SYS(lchown),
      SCMP_SYS(fchownat),
      SCMP_SYS(truncate),
      SCMP_SYS(mount),
      SCMP_SYS(umount2),
      SCMP_SYS(chroot),
      SCMP_SYS(pivot_root),
      SCMP_SYS(setns),
      SCMP_SYS(unshare),
      SCMP_SYS(setuid),
      SCMP_SYS(setgid),
      SCMP_SYS(setresuid),
      SCMP_SYS(setresgid),
      SCMP_SYS(setgroups),
      SCMP_SYS(capset),
      SCMP_SYS(bpf),
      SCMP_SYS(keyctl),
      SCMP_SYS(add_key),
      SCMP_SYS(init_module),
      SCMP_SYS(finit_module),
      SCMP_SYS(process_vm_readv),
      SCMP_SYS(process_vm_writev),
      SCMP_SYS(perf_event_open),
      SCMP_SYS(io_uring_setup),
      SCMP_SYS(userfaultfd),
      SCMP_SYS(open_by_handle_at),
  };
  for (const int call : calls) seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0);
  // The flags of clone3(2) cannot be seen; without it the C library makes threads by clone(2).
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  const scmp_arg_cmp makes_process{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0};
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, makes_process);
  // Not SCMP_CMP(): it is a compound literal, which C++ has not.
  const scmp_arg_cmp makes_file{1, SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT};
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(open), 1, makes_file);
  const scmp_arg_cmp makes_file_at{2, SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT};
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1, makes_file_at);
  seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat2), 0);
}
#endif

}  // namespace

void enter_empty_root() {
  for (const char* parent : {"/run", "/var/tmp", "/tmp", "/dev/shm"}) {
    if (enter_removed_directory(parent)) return;
  }
}

void restrict_system_calls() {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifdef UVINETD_FILTERS_CALLS
  // A list of what is forbidden, not of what is allowed: a libc that begins to use another call
  // must not stop a daemon.
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  if (filter == nullptr) return;
  forbid(filter);
  seccomp_load(filter);
  seccomp_release(filter);
#endif
}

}  // namespace uvinetd
