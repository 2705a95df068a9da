// SPDX-License-Identifier: ISC
// recvmmsg(2), SO_PASSCRED and SO_RXQ_OVFL.
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "core/syslogd/receiver.h"

namespace uvinetd {

struct Receiver::Room {
  // Room for credentials and what was dropped, and for a descriptor that somebody sends along
  // without need: it is cut off by the kernel (MSG_CTRUNC), which closes it.
  static constexpr std::size_t kControl =
      CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(sizeof(std::uint32_t));

  std::array<std::array<char, kMostDatagram>, kBatch> bytes;  // not zeroed
  std::array<sockaddr_storage, kBatch> peers;
  struct alignas(cmsghdr) Control {
    std::array<char, kControl> bytes;
  };
  std::array<Control, kBatch> controls;
  std::array<iovec, kBatch> parts;
  std::array<mmsghdr, kBatch> headers;
  std::array<ReceivedDatagram, kBatch> datagrams;
  std::size_t used = kBatch;  // headers that the kernel has written to
};

Receiver::Receiver() : room_(new Room) {
  for (std::size_t i = 0; i < kBatch; ++i) {
    auto& header = room_->headers[i].msg_hdr;
    header = {};
    room_->parts[i] = {room_->bytes[i].data(), kMostDatagram};
    header.msg_iov = &room_->parts[i];
    header.msg_iovlen = 1;
    header.msg_name = &room_->peers[i];
    header.msg_control = &room_->controls[i];
  }
}

Receiver::~Receiver() = default;

Status Receiver::ask_credentials(int fd) {
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    return fail_errno("setsockopt SO_PASSCRED");
  return {};
}

Status Receiver::ask_kernel_dropped(int fd) {
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) != 0)
    return fail_errno("setsockopt SO_RXQ_OVFL");
  return {};
}

namespace {

// Takes the sender's credentials and what was dropped; closes descriptors that came along.
void read_control(msghdr& header, ReceivedDatagram& out) {
  for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SCM_CREDENTIALS && part->cmsg_len >= CMSG_LEN(sizeof(ucred))) {
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(part), sizeof sender);
      out.pid = sender.pid;
      out.uid = sender.uid;
    } else if (part->cmsg_type == SO_RXQ_OVFL &&
               part->cmsg_len >= CMSG_LEN(sizeof out.kernel_dropped)) {
      std::memcpy(&out.kernel_dropped, CMSG_DATA(part), sizeof out.kernel_dropped);
    } else if (part->cmsg_type == SCM_RIGHTS) {
      const auto count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
        ::close(fd);
      }
    }
  }
}

}  // namespace

std::span<const ReceivedDatagram> Receiver::receive(int fd) {
  auto& room = *room_;
  for (std::size_t i = 0; i < room.used; ++i) {
    auto& header = room.headers[i].msg_hdr;
    header.msg_namelen = sizeof(sockaddr_storage);
    header.msg_controllen = Room::kControl;
  }
  int count = 0;
  do {
    count = recvmmsg(fd, room.headers.data(), kBatch, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) {
    room.used = 0;
    return {};
  }
  room.used = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < room.used; ++i) {
    auto& header = room.headers[i].msg_hdr;
    auto& out = room.datagrams[i];
    out = {};
    out.bytes = {room.bytes[i].data(), room.headers[i].msg_len};
    out.is_truncated = (header.msg_flags & MSG_TRUNC) != 0;
    if (header.msg_controllen > 0) read_control(header, out);
    if (header.msg_namelen > 0) {
      out.peer = reinterpret_cast<const sockaddr*>(&room.peers[i]);
      out.peer_size = header.msg_namelen;
    }
  }
  return std::span(room.datagrams).first(room.used);
}

}  // namespace uvinetd
