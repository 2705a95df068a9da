// SPDX-License-Identifier: ISC
// Interpreters keep a copy of the environment, and random numbers to come: what a fork is to them
// has to be told them. Only the functions that they offer to whoever embeds them are used, by their
// names.
#pragma once

#include "spawn/zygote/environment.h"

namespace uvinetd::zygote {

// Whether the program is an interpreter to which nothing can be told at this place: then a reason.
// To be called in a system call of the program, as all of these.
const char* hook_hindrance();

// Whether what it keeps of its random numbers will be renewed in each child.
bool hooks_renew();

// In the zygote, once: collects what nobody uses any more and keeps the rest out of later
// collections, so that children do not copy the pages by looking through them.
void run_hooks_before_park();

// In a child that has its connection: renews random numbers, and puts the connection's variables
// into the copy of the environment.
void run_hooks_in_child(FilledSlots filled);

}  // namespace uvinetd::zygote
