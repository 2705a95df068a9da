// SPDX-License-Identifier: ISC
// Of a build without ncurses.
#include <cstdio>

#include "core/ctl/live/print.h"
#include "core/ctl/top/top.h"

namespace uvinetd {

int run_top(const Command& /*command*/) {
  std::fputs("uvinetctl: top is not part of this build, which had no ncurses; list is\n", stderr);
  return kAnswerFailed;
}

}  // namespace uvinetd
