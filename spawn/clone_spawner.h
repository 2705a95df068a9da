// SPDX-License-Identifier: ISC
// The Linux spawner: one clone3(2) per child, on a stack that is kept.
//
// posix_spawn(3) maps and unmaps a stack and resets every signal by a call of its own; this leaves
// clone3, setsid, three dup2, one call per signal that the launcher ignores, sigprocmask, execve.
// The child borrows the launcher's memory until its exec (CLONE_VM | CLONE_VFORK), so nothing but
// system calls happens in it, and it tells its failure by that memory. The kernel writes its pid to
// SpawnRequest::pid before it first runs (CLONE_PARENT_SETTID): whoever finds 0 there knows that
// there is no child, at every instant.
//
// Signals  the caller has blocked all of them, or handles none that matters: the child has none of
// our handlers from its first instruction (CLONE_CLEAR_SIGHAND), and its mask is empty from just
// before the exec. Where the kernel has no clone3, they are blocked here.
// Source   clone(2), vfork(2), signal(7).
#pragma once

#include <memory>

#include "core/base/result.h"
#include "spawn/spawner.h"

namespace uvinetd {

#if defined(__linux__) && !defined(UVINETD_PORTABLE_BUILD)
inline constexpr bool kHasCloneSpawner = true;
#else
inline constexpr bool kHasCloneSpawner = false;
#endif

// Which signals are ignored or handled is looked at once, here.
// Errors: ENOMEM; ENOSYS where it is not built in.
Result<std::unique_ptr<Spawner>> make_clone_spawner();

}  // namespace uvinetd
