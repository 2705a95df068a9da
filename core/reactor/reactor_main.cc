// SPDX-License-Identifier: ISC
// uvi-reactor: started by the monitor only, with its channel as descriptor 3. Under the name of
// uvi-resolver it finds the names of clients (core/resolver): one file holds both, so that they are
// of one build.
#include <cstdio>
#include <string_view>

#include "core/base/process.h"
#include "core/reactor/reactor.h"
#include "core/resolver/resolver.h"

namespace {

using namespace uvinetd;

constexpr const char* kResolver = "uvi-resolver";
constexpr const char* kReactor = "uvi-reactor";

int run_reactor(UniqueFd end) {
  set_process_title(kReactor);
  auto poller = Poller::open();
  if (!poller) {
    std::fprintf(stderr, "uvi-reactor: %s\n", poller.error().text().c_str());
    return 1;
  }
  Reactor reactor{Channel(std::move(end)), std::move(*poller)};
  return reactor.run();
}

int run_resolver(UniqueFd end) {
  set_process_title(kResolver);
  Resolver resolver{Channel(std::move(end))};
  return resolver.run();
}

}  // namespace

int main(int argc, char** argv) {
  UniqueFd end(kChannelFd);
  if (!set_cloexec(kChannelFd) || !set_nonblocking(kChannelFd, true)) {
    std::fputs("uvi-reactor is a part of uvinetd and is started by it\n", stderr);
    return 2;
  }
  ignore_operator_signals();
  const bool is_resolver = argc > 0 && std::string_view(argv[0]) == kResolver;
  return is_resolver ? run_resolver(std::move(end)) : run_reactor(std::move(end));
}
