// SPDX-License-Identifier: ISC
// recvmsg(2), one datagram after the other. Whose a datagram is is not asked: each system has a way
// of its own.
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "core/syslogd/receiver.h"

namespace uvinetd {

struct Receiver::Room {
  std::array<std::array<char, kMostDatagram>, kBatch> bytes;  // not zeroed
  std::array<sockaddr_storage, kBatch> peers;
  std::array<ReceivedDatagram, kBatch> datagrams;
};

Receiver::Receiver() : room_(new Room) {}
Receiver::~Receiver() = default;

Status Receiver::ask_credentials(int) {
  return {};
}
Status Receiver::ask_kernel_dropped(int) {
  return {};
}

std::span<const ReceivedDatagram> Receiver::receive(int fd) {
  auto& room = *room_;
  std::size_t count = 0;
  while (count < kBatch) {
    iovec part{room.bytes[count].data(), kMostDatagram};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_name = &room.peers[count];
    header.msg_namelen = sizeof(sockaddr_storage);
    const auto size = recvmsg(fd, &header, MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) break;
    auto& out = room.datagrams[count++];
    out = {};
    out.bytes = {static_cast<const char*>(part.iov_base), static_cast<std::size_t>(size)};
    out.is_truncated = (header.msg_flags & MSG_TRUNC) != 0;
    if (header.msg_namelen > 0) {
      out.peer = reinterpret_cast<const sockaddr*>(header.msg_name);
      out.peer_size = std::min<socklen_t>(header.msg_namelen, sizeof(sockaddr_storage));
    }
  }
  return std::span(room.datagrams).first(count);
}

}  // namespace uvinetd
