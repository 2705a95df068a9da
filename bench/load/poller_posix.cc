// SPDX-License-Identifier: ISC
#include "bench/load/poller.h"

namespace uvinetd::bench {

Result<std::unique_ptr<Poller>> make_poller(std::size_t slots) {
  return make_poll_set(slots);
}

}  // namespace uvinetd::bench
