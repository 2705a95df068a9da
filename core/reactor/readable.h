// SPDX-License-Identifier: ISC
#pragma once

#include <poll.h>

namespace uvinetd {

// Whether a read or accept would find something now. Never blocks.
[[nodiscard]] inline bool is_readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, 0) > 0 && (entry.revents & POLLIN) != 0;
}

}  // namespace uvinetd
