// SPDX-License-Identifier: ISC
#include "spawn/zygote/packet.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "spawn/zygote/raw_call.h"

namespace uvinetd::zygote {
namespace {

// A control buffer is as long as one descriptor needs: of more, the kernel closes those that find
// no room and says MSG_CTRUNC. CMSG_SPACE would have room for two.
constexpr std::size_t kControlBytes = CMSG_LEN(sizeof(int));

int descriptor_of(const msghdr& message) {
  const cmsghdr* const head = CMSG_FIRSTHDR(&message);
  if (head == nullptr || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS ||
      head->cmsg_len != kControlBytes) {
    return -1;
  }
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return fd;
}

}  // namespace

Received receive_with_descriptor(int from, void* bytes, std::size_t size) {
  iovec part{bytes, size};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  long count = 0;
  do {
    message.msg_controllen = kControlBytes;
    count = raw_call(SYS_recvmsg, from, number_of(&message), MSG_CMSG_CLOEXEC);
  } while (count == -EINTR);
  if (count == 0 || count == -ECONNRESET) return {Received::What::Closed};
  if (count < 0) return {};
  const int fd = descriptor_of(message);
  if (fd < 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return {};
  return {Received::What::Packet, static_cast<std::size_t>(count), fd};
}

bool send_packet(int to, const void* bytes, std::size_t size) {
  iovec part{const_cast<void*>(bytes), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  long count = 0;
  do {
    count = raw_call(SYS_sendmsg, to, number_of(&message), MSG_NOSIGNAL);
  } while (count == -EINTR);
  return count == static_cast<long>(size);
}

}  // namespace uvinetd::zygote
