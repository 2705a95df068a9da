// SPDX-License-Identifier: ISC
// The few things a role sets for its whole process, and flags of a descriptor.
#pragma once

#include <signal.h>
#include <sys/resource.h>

#include "core/base/result.h"

namespace uvinetd {

// The short name in ps and top ("uvi-reactor", at most 15 characters on Linux).
void set_process_title(const char* comm);

// HUP, INT, QUIT, USR1, USR2: only the monitor acts on an operator's signals. PIPE too.
void ignore_operator_signals();

// Whether other processes of this user may trace this one or read its memory, and whether it
// leaves a core (prctl(2) PR_SET_DUMPABLE, procctl(2) PROC_TRACE_CTL). Lost at exec.
void set_dumpable(bool on);

// All signals blocked while it lives, then the mask as it was.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept;
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked();

 private:
  sigset_t before_;
};

// Raises the soft limit of open descriptors to `wanted`, with privilege beyond the hard limit too;
// otherwise as far as it goes, which is not an error. Never lowers it.
Status raise_descriptor_limit(rlim_t wanted);
// As it was before the first raise: what servers are to be given.
rlimit original_descriptor_limit();
// As it was before a program raised it that this one has taken the place of.
void set_original_descriptor_limit(const rlimit& limit);
// Lets signals through again that were blocked when this program began.
void unblock_signals();

Status set_cloexec(int fd);
Status set_nonblocking(int fd, bool on);

// Gives memory that was freed back to the system, where the C library would keep it.
void release_free_memory();

}  // namespace uvinetd
