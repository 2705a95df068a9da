// SPDX-License-Identifier: ISC
#include "core/reactor/metrics/tcp_queue.h"

namespace uvinetd {

std::optional<QueueLength> tcp_queue(int) {
  return std::nullopt;
}

}  // namespace uvinetd
