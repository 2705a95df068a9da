// SPDX-License-Identifier: ISC
// uvi-launcher: started by the monitor only, with its channel as descriptor 3.
#include <unistd.h>

#include <cstdio>

#include "core/base/process.h"
#include "spawn/launcher.h"

int main() {
  using namespace uvinetd;
  UniqueFd end(kChannelFd);
  if (!set_cloexec(kChannelFd) || !set_nonblocking(kChannelFd, true)) {
    std::fputs("uvi-launcher is a part of uvinetd and is started by it\n", stderr);
    return 2;
  }
  set_process_title("uvi-launcher");
  Launcher launcher{Channel(std::move(end))};
  return launcher.run();
}
