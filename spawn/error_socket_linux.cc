// SPDX-License-Identifier: ISC
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "spawn/error_socket.h"

namespace uvinetd {
namespace {

// Room for a burst while the reactor does something else, or is being replaced.
constexpr int kBufferBytes = 1024 * 1024;

}  // namespace

Result<ErrorSocket> make_error_socket() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return fail_errno("socketpair");
  }
  ErrorSocket out{UniqueFd(ends[0]), UniqueFd(ends[1])};
  const int on = 1;
  if (::setsockopt(out.reader.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
    return fail_errno("SO_PASSCRED");
  }
  const int size = kBufferBytes;
  if (::setsockopt(out.writer.get(), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) != 0) {
    (void)::setsockopt(out.writer.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  }
  (void)::shutdown(out.reader.get(), SHUT_WR);  // nothing is ever said to a server
  return out;
}

ErrorBytes receive_errors(int reader, std::span<char> buffer) {
  iovec part{buffer.data(), buffer.size()};
  // As long as credentials need: descriptors find no room, and the kernel closes them.
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ssize_t count = 0;
  do {
    message.msg_control = control;
    message.msg_controllen = CMSG_LEN(sizeof(ucred));
    count = ::recvmsg(reader, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) return {};
  if (count <= 0) return {ErrorBytes::Event::Closed};
  ErrorBytes out{ErrorBytes::Event::Bytes, static_cast<std::size_t>(count)};
  const cmsghdr* const head = CMSG_FIRSTHDR(&message);
  if (head != nullptr && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_CREDENTIALS &&
      head->cmsg_len == CMSG_LEN(sizeof(ucred))) {
    ucred sender{};
    std::memcpy(&sender, CMSG_DATA(head), sizeof sender);
    out.sender = sender.pid;
  }
  return out;
}

}  // namespace uvinetd
