// SPDX-License-Identifier: ISC
// One SOCK_SEQPACKET packet per message, see unix(7).
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include "core/base/channel.h"
#include "core/base/channel_frame.h"

namespace uvinetd {

Result<std::pair<UniqueFd, UniqueFd>> Channel::make_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    return fail_errno("socketpair");
  return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

Channel::Sent Channel::send_frame(std::string_view head, std::string_view body, std::size_t& sent,
                                  std::span<const int> fds) {
  iovec parts[2] = {{const_cast<char*>(head.data()), head.size()},
                    {const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = body.empty() ? 1 : 2;
  ControlBuffer control;
  control.fill(message, fds);
  ssize_t count = 0;
  do {
    count = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return is_worth_a_retry(errno) ? Sent::Later : Sent::Failed;
  sent += static_cast<std::size_t>(count);
  return Sent::Done;
}

namespace {

// The length of the next packet, or -1 with errno. The error left by a peer that died with unread
// messages (ECONNRESET) is told once and stands before the messages it left for us: read on.
ssize_t read_packet(int fd, msghdr& message, ControlBuffer& control, int flags) {
  for (int resets = 0;;) {
    control.attach(message);
    const ssize_t count = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT | flags);
    if (count >= 0) return count;
    if (errno == EINTR) continue;
    if (errno != ECONNRESET || ++resets > 2) return count;
  }
}

}  // namespace

bool Channel::keeps_peeked() {
  return true;
}

Channel::Received Channel::receive() {
  return read(0);
}

Channel::Received Channel::peek() {
  return read(MSG_PEEK);
}

void Channel::drop() {
  // No room for it, and none for its descriptors: all is discarded. A peer that has died meanwhile
  // puts its ECONNRESET before the message.
  for (int tries = 0; fd_.is_open() && tries < 3; ++tries) {
    const ssize_t count = ::recv(fd_.get(), receive_buffer.data(), 0, MSG_DONTWAIT | MSG_TRUNC);
    if (count >= 0 || (errno != ECONNRESET && errno != EINTR)) return;
  }
}

Channel::Received Channel::read(int flags) {
  Received received;
  iovec part{receive_buffer.data(), receive_buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ControlBuffer control;
  const ssize_t count = read_packet(fd_.get(), message, control, flags);
  if (count < 0) {
    received.event = is_worth_a_retry(errno) ? Event::Nothing : Event::Closed;
    return received;
  }
  std::vector<UniqueFd> fds;
  if (message.msg_controllen != 0) ControlBuffer::take(message, fds);
  if (count == 0) {
    received.event = Event::Closed;
    return received;
  }
  received.event = Event::Malformed;
  const std::string_view packet(receive_buffer.data(), static_cast<std::size_t>(count));
  if (packet.size() < sizeof(FrameHeader) || (message.msg_flags & MSG_TRUNC) != 0) return received;
  const FrameHeader header = FrameHeader::from(packet);
  if (!header.is_good() || packet.size() != sizeof header + header.body_size) return received;
  const bool truncated = (message.msg_flags & MSG_CTRUNC) != 0;
  if (!truncated && fds.size() != header.fd_count) return received;
  received.event = truncated ? Event::TooFewDescriptors : Event::Message;
  received.message.type = header.type;
  received.message.body = packet.substr(sizeof header);
  if (!truncated) received.message.fds = std::move(fds);
  return received;
}

}  // namespace uvinetd
