// SPDX-License-Identifier: ISC
// send(2), one datagram after the other.
#include <sys/socket.h>

#include <cerrno>

#include "core/syslogd/targets/send_datagrams.h"

namespace uvinetd {

std::size_t send_datagrams(int fd, std::string_view bytes, std::span<const std::uint32_t> sizes,
                           int& code) {
  std::size_t sent = 0;
  code = 0;
  while (sent < sizes.size()) {
    if (::send(fd, bytes.data(), sizes[sent], MSG_DONTWAIT) < 0) {
      if (errno == EINTR) continue;
      code = errno;
      return sent;
    }
    bytes.remove_prefix(sizes[sent++]);
  }
  return sent;
}

}  // namespace uvinetd
