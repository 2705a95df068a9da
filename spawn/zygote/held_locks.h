// SPDX-License-Identifier: ISC
// Locks of the C library that know their owner by a thread id: in a child of clone(2) that is
// another one, so that it can neither unlock such a lock (unlocking fails, or takes it for somebody
// else's) nor take it again, and waits for ever.
#pragma once

namespace uvinetd::zygote {

// Why this thread cannot be copied here; null: it holds no such lock. Looks through all memory that
// the process has written to, a few milliseconds for an interpreter.
const char* lock_hindrance();

}  // namespace uvinetd::zygote
