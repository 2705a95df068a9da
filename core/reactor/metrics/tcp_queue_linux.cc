// SPDX-License-Identifier: ISC
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "core/reactor/metrics/tcp_queue.h"

namespace uvinetd {

// Of a listening socket the two fields tell its accept queue and that queue's limit (tcp_get_info()
// in the kernel, as `ss -lt` shows them).
std::optional<QueueLength> tcp_queue(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  if (info.tcpi_state != TCP_LISTEN) return std::nullopt;
  return QueueLength{info.tcpi_unacked, info.tcpi_sacked};
}

}  // namespace uvinetd
