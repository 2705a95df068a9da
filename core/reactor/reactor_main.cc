// SPDX-License-Identifier: ISC
// uvi-reactor: started by the monitor only, with its channel as descriptor 3.
#include <cstdio>

#include "core/base/process.h"
#include "core/reactor/reactor.h"

int main() {
  using namespace uvinetd;
  UniqueFd end(kChannelFd);
  if (!set_cloexec(kChannelFd) || !set_nonblocking(kChannelFd, true)) {
    std::fputs("uvi-reactor is a part of uvinetd and is started by it\n", stderr);
    return 2;
  }
  set_process_title("uvi-reactor");
  ignore_operator_signals();
  auto poller = Poller::open();
  if (!poller) {
    std::fprintf(stderr, "uvi-reactor: %s\n", poller.error().text().c_str());
    return 1;
  }
  Reactor reactor{Channel(std::move(end)), std::move(*poller)};
  return reactor.run();
}
