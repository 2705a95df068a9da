// SPDX-License-Identifier: ISC
// The zygote that this process is, and what its two ways to park have in common.
#pragma once

#include <sys/types.h>

#include "spawn/zygote/environment.h"
#include "spawn/zygote/wire.h"

namespace uvinetd::zygote {

// What the process was told at its start. There is one of it.
struct Zygote {
  int channel = -1;  // -1: nobody wants a zygote; in a child it is closed
  Park wanted = Park::Main;
  dev_t placeholder_device = 0;  // the socket that stands for the connection, at whatever number
  ino_t placeholder_inode = 0;
  dev_t errors_device = 0;  // standard error, which may be something else
  ino_t errors_inode = 0;
};
extern Zygote zygote;

// Whether somebody wants this process to park, now: reads the environment and takes our variables
// out of it, moves the channel to a high number and fills `zygote`. Not before hops are used up: of
// those it takes one. To be called once, before any code of the program has run.
bool find_launcher(int argc, char** argv);

// Says Refused and ends the process. `reason` is a few plain words.
[[noreturn]] void refuse(Fallback fallback, const char* reason);

// What a park at `mode` that cannot be falls back to.
inline Fallback fallback_from(Park mode) {
  return mode == Park::Io ? Fallback::ParkMain : Fallback::Exec;
}

// Says Parked and makes a child for every Fork. Returns in a child only, once it has its connection
// in every descriptor that held the placeholder (with that one's close-on-exec and status flags),
// its variables in environ, files at their old offset that it shares with nobody, the signal mask
// and the dumpable flag of before the call, and neither channel: from there it is the server. The
// answer is which variables it was given. Otherwise it ends the process: refused, told to, or by a
// breach of the contract.
//
// Makes system calls from the library's own text only, allocates nothing and runs no handler of
// pthread_atfork, so that it may be called in a signal handler.
FilledSlots park(Park mode);

// Arranges that the process parks at its first touch of the connection, by itself, after the caller
// has called main(). False: it cannot here, and is to be parked at once. Defined by io_park*.cc.
bool start_io_park();

}  // namespace uvinetd::zygote
