// SPDX-License-Identifier: ISC
// Who drew random numbers or asked for the process's number before the park. Neither can be a
// reason to park where it happens: the caller may hold a lock that knows its owner by a thread's
// id, which no child could give back.
#pragma once

#include <cstdint>

namespace uvinetd::zygote {

struct CallSite {
  long call = 0;
  std::uintptr_t instruction = 0;
  std::uintptr_t stack = 0;
  long first = 0;
  long second = 0;
  long third = 0;
};

// Finds the part of the program that made the call, and whether it is known to be harmless. Blind
// to what came before.
void observe_entropy(const CallSite& site);
void observe_process_id(const CallSite& site);

// Why the process must not park because of what was observed, or null. `can_renew`: what a language
// keeps of its random numbers is renewed in every child.
const char* observed_hindrance(bool can_renew);

}  // namespace uvinetd::zygote
