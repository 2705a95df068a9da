// SPDX-License-Identifier: ISC
// Makes system calls for a program that has not touched its connection yet, so that the program
// sees neither the channel nor what holds it in place.
#pragma once

#include <ucontext.h>

#include <cstdint>

namespace uvinetd::zygote {

constexpr std::uint64_t kSigsysBit = std::uint64_t{1} << 30;  // in a mask of the kernel's

// The kernel's sigaction.
struct KernelAction {
  void* handler = nullptr;
  unsigned long flags = 0;
  void (*restorer)() = nullptr;
  std::uint64_t mask = 0;
};

// What the program wants of the signal that we need for ourselves.
struct WantedSigsys {
  KernelAction action;
  bool is_blocked = false;
};
extern WantedSigsys wanted_sigsys;

// One call, in a handler's context.
struct GuardedCall {
  long number = 0;
  long arguments[6] = {};
  ucontext_t* context = nullptr;
};

// Returns false, and has done nothing, if it is a first touch of the connection. Ends the process
// if the program wants to end.
bool make_call(const GuardedCall& call, long& result);

}  // namespace uvinetd::zygote
