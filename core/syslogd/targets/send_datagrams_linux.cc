// SPDX-License-Identifier: ISC
// sendmmsg(2).
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/syslogd/targets/send_datagrams.h"

namespace uvinetd {

std::size_t send_datagrams(int fd, std::string_view bytes, std::span<const std::uint32_t> sizes,
                           int& code) {
  constexpr std::size_t kBatch = 64;
  std::array<iovec, kBatch> parts;
  std::array<mmsghdr, kBatch> headers;
  std::size_t sent = 0;
  code = 0;
  while (sent < sizes.size()) {
    const auto count = std::min(sizes.size() - sent, kBatch);
    auto rest = bytes;
    for (std::size_t i = 0; i < count; ++i) {
      const auto size = std::min<std::size_t>(sizes[sent + i], rest.size());
      parts[i] = {const_cast<char*>(rest.data()), size};
      rest.remove_prefix(size);
      headers[i] = {};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    const int went =
        ::sendmmsg(fd, headers.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (went < 0 && errno == EINTR) continue;
    if (went <= 0) {
      code = went < 0 ? errno : EAGAIN;
      return sent;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(went); ++i)
      bytes.remove_prefix(sizes[sent + i]);
    sent += static_cast<std::size_t>(went);
  }
  return sent;
}

}  // namespace uvinetd
