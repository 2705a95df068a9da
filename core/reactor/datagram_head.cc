// SPDX-License-Identifier: ISC
#include "core/reactor/datagram_head.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "core/base/channel_frame.h"
#include "core/base/unique_fd.h"

namespace uvinetd {
namespace {

constexpr int kPendingErrors = 8;  // more than these in a row is a broken socket
constexpr std::size_t kMarkBytes = 64;

#ifdef SCM_TIMESTAMPNS
constexpr int kTimeStamp = SCM_TIMESTAMPNS;
#else
constexpr int kTimeStamp = SCM_TIMESTAMP;
#endif

std::string time_stamp(msghdr& message) {
  for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == kTimeStamp) {
      const auto* data = reinterpret_cast<const char*>(CMSG_DATA(part));
      return std::string(data, part->cmsg_len - CMSG_LEN(0));
    }
  }
  return {};
}

// A peek at a Unix datagram that carries descriptors installs a copy of each: a local sender could
// fill our table with them.
void close_descriptors(msghdr& message) {
  std::vector<UniqueFd> fds;
  ControlBuffer::take(message, fds);
}

}  // namespace

std::optional<std::chrono::nanoseconds> received_at(const DatagramHead& head) {
#ifdef SCM_TIMESTAMPNS
  timespec time{};
  if (head.mark.size() != sizeof time) return std::nullopt;
  std::memcpy(&time, head.mark.data(), sizeof time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
#else
  timeval time{};
  if (head.mark.size() != sizeof time) return std::nullopt;
  std::memcpy(&time, head.mark.data(), sizeof time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
#endif
}

void enable_marks(int fd) {
  const int on = 1;
#ifdef SO_TIMESTAMPNS
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
#else
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on);
#endif
}

DatagramHead peek_head(int fd) {
  char bytes[kMarkBytes];
  sockaddr_storage from{};
  alignas(cmsghdr) char control[256];
  for (int tries = 0; tries < kPendingErrors; ++tries) {
    iovec part{bytes, sizeof bytes};
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const auto size = recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT);
    if (size < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {};
      continue;  // EINTR, or an error left by an earlier reply
    }
    close_descriptors(message);
    auto mark = time_stamp(message);
    if (mark.empty()) {
      mark.assign(reinterpret_cast<const char*>(&from), message.msg_namelen);
      mark.append(bytes, static_cast<std::size_t>(size));
    }
    return {DatagramHead::State::Present, std::move(mark)};
  }
  return {DatagramHead::State::Broken, {}};
}

bool discard_head(int fd, SocketAddress* from) {
  char byte = 0;
  for (int tries = 0; tries < kPendingErrors; ++tries) {
    sockaddr_storage sender{};
    socklen_t size = sizeof sender;
    if (recvfrom(fd, &byte, 1, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&sender), &size) >= 0) {
      if (from != nullptr) *from = SocketAddress(reinterpret_cast<sockaddr*>(&sender), size);
      return true;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
  }
  return false;
}

}  // namespace uvinetd
