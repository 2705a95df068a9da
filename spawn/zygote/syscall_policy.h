// SPDX-License-Identifier: ISC
// What a program that is to park at its first touch of the connection may do before it: one word
// for every system call. README.md tells the reasons.
#pragma once

#include <cstdint>

namespace uvinetd::zygote {

// `Touch` is 0: what is not known here depends on the connection, on who asks, or is seen outside.
enum class Policy : std::uint8_t {
  Touch,        // parks, then every child makes the call for itself
  Run,          // the same for all children, or inherited by them
  TouchIfOurs,  // its first argument is a descriptor: Touch if that is the placeholder
  Descriptor,   // Run, but its first argument must not be the channel
  Duplicate,    // the second argument is a number that the channel has to make room at
  CloseRange,   // goes round the channel
  Control,      // fcntl
  Device,       // ioctl
  Option,       // getsockopt
  Connect,
  KernelSocket,  // Run on a netlink socket
  Open,          // openat
  OpenOld,       // open, its path is the first argument
  Entropy,       // Run, and who asked is remembered
  ProcessId,     // the same
  SignalAction,  // Run, but SIGSYS is ours
  SignalMask,    // the same
  SignalStack,   // Run, and what the handler's frame would restore is adjusted
  SignalReturn,  // of a handler of the program
  ProcessFlag,   // prctl
  Limit,         // prlimit64
  Advice,        // madvise
  Alarm,
  End,  // exit, exit_group
};

[[nodiscard]] Policy policy_of(long call);

}  // namespace uvinetd::zygote
