/* SPDX-License-Identifier: ISC
 * System calls that a program lacks from now on, with its children: for a kernel that has them to
 * answer like one that does not.
 */
#ifndef UVINETD_TESTS_HARNESS_FORBID_H
#define UVINETD_TESTS_HARNESS_FORBID_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* 0: from now on. What stands in the filter's `action` becomes of a call of that number, if its
 * first argument is `argument` or that is -1. */
static inline int forbid(unsigned number, long argument, unsigned action) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, argument < 0 ? 2 : 0, 3),
      /* the low half, on machines where it comes first */
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)argument, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/* As if the kernel had been built without this option of prctl(2). */
static inline int forbid_prctl(int option) {
  return forbid(SYS_prctl, option, SECCOMP_RET_ERRNO | EINVAL);
}

#endif
