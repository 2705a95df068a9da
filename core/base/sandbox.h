// SPDX-License-Identifier: ISC
// The box of a role that reads what strangers send: what is left to somebody who has taken it over.
#pragma once

namespace uvinetd {

// While still privileged: changes the root to an empty directory that nobody can reach. Left as it
// is where that cannot be had (no writable directory, no privilege): the box then lacks one wall.
void enter_empty_root();

// After the identity was taken on: no_new_privs, and (Linux with libseccomp) no system call that
// starts a program, makes a process, makes or changes a file by name, mounts or traces. Threads can
// be made.
void restrict_system_calls();

}  // namespace uvinetd
