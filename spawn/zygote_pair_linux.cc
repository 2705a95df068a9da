// SPDX-License-Identifier: ISC
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "core/base/channel_frame.h"
#include "spawn/zygote/wire.h"
#include "spawn/zygote_pair.h"

namespace uvinetd {
namespace {

msghdr message_of(iovec& part) {
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return message;
}

}  // namespace

Result<ZygotePair> make_zygote_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail_errno("socketpair");
  }
  ZygotePair pair{UniqueFd(ends[0]), UniqueFd(ends[1])};
  const int on = 1;
  if (::setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
    return fail_errno("setsockopt");
  }
  return pair;
}

bool send_packet(int to, std::string_view packet, int fd) {
  iovec part{const_cast<char*>(packet.data()), packet.size()};
  auto message = message_of(part);
  ControlBuffer control;
  if (fd >= 0) control.fill(message, std::span(&fd, 1));
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(packet.size());
}

ZygotePacket receive_packet(int from, std::span<char> buffer) {
  iovec part{buffer.data(), buffer.size()};
  auto message = message_of(part);
  // Room for the sender alone: descriptors find none, and the kernel closes them.
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ZygotePacket out;
  ssize_t count = 0;
  do {
    count = ::recvmsg(from, &message, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) return out;
  if (count <= 0) {
    out.event = ZygotePacket::Event::Closed;
    return out;
  }
  out.event = ZygotePacket::Event::Packet;
  out.size = static_cast<std::size_t>(count);
  auto* const head = CMSG_FIRSTHDR(&message);
  if (head != nullptr && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_CREDENTIALS &&
      head->cmsg_len == CMSG_LEN(sizeof(ucred))) {
    ucred who{};
    std::memcpy(&who, CMSG_DATA(head), sizeof who);
    out.sender = who.pid;
  }
  return out;
}

UniqueFd take_back(int theirs) {
  char byte = 0;
  iovec part{&byte, 1};
  auto message = message_of(part);
  ControlBuffer control;
  control.attach(message);
  if (::recvmsg(theirs, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0) return {};
  std::vector<UniqueFd> fds;
  ControlBuffer::take(message, fds);
  return fds.empty() ? UniqueFd() : std::move(fds.front());
}

std::string zygote_library() {
  std::array<char, 4096> path;
  const auto length = ::readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0 || length == static_cast<ssize_t>(path.size())) return {};
  const std::string_view program(path.data(), static_cast<std::size_t>(length));
  return std::string(program.substr(0, program.rfind('/') + 1)) + zygote::kLibrary;
}

}  // namespace uvinetd
