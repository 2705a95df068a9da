// SPDX-License-Identifier: ISC
// Length-prefixed frames on a stream pair, for systems without SOCK_SEQPACKET in AF_UNIX.
//
// A read never asks for more than the rest of one frame, so whatever descriptors come with it
// belong to that frame: they are attached to its first byte.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "core/base/channel.h"
#include "core/base/channel_frame.h"
#include "core/base/process.h"

namespace uvinetd {

namespace {

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
#else
constexpr int kSendFlags = MSG_DONTWAIT;
#endif

Status prepare(int fd) {
  if (auto status = set_cloexec(fd); !status) return status;
#ifdef SO_NOSIGPIPE
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) != 0)
    return fail_errno("setsockopt");
#endif
  return set_nonblocking(fd, true);
}

// Reads at most `size` bytes into the receive buffer. Systems that have no descriptors left drop
// them and say MSG_CTRUNC, or fail with EMSGSIZE and give the data at the next read.
ssize_t read_part(int fd, std::size_t size, std::vector<UniqueFd>& fds, bool& truncated) {
  iovec part{receive_buffer.data(), size};
  for (int tries = 0;;) {
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ControlBuffer control;
    control.attach(message);
    const ssize_t count = ::recvmsg(fd, &message, MSG_DONTWAIT);
    if (count < 0) {
      if (errno == EINTR) continue;
      if ((errno != ECONNRESET && errno != EMSGSIZE) || ++tries > 2) return count;
      truncated = truncated || errno == EMSGSIZE;
      continue;
    }
    truncated = truncated || (message.msg_flags & MSG_CTRUNC) != 0;
    const std::size_t before = fds.size();
    if (message.msg_controllen != 0) ControlBuffer::take(message, fds);
    for (std::size_t i = before; i < fds.size(); ++i)
      if (!set_cloexec(fds[i].get())) truncated = true;
    return count;
  }
}

// How many bytes are missing at the end of `partial`: of the header first, then of the body; none
// once the header is known to be bad.
std::size_t missing_bytes(std::string_view partial) {
  if (partial.size() < sizeof(FrameHeader)) return sizeof(FrameHeader) - partial.size();
  const FrameHeader header = FrameHeader::from(partial);
  return header.is_good() ? sizeof header + header.body_size - partial.size() : 0;
}

}  // namespace

Result<std::pair<UniqueFd, UniqueFd>> Channel::make_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return fail_errno("socketpair");
  std::pair<UniqueFd, UniqueFd> pair(ends[0], ends[1]);
  for (const int end : ends)
    if (auto status = prepare(end); !status) return tl::unexpected(status.error());
  return pair;
}

Channel::Sent Channel::send_frame(std::string_view head, std::string_view body, std::size_t& sent,
                                  std::span<const int> fds) {
  while (sent < head.size() + body.size()) {
    const std::string_view rest_of_head = head.substr(std::min(sent, head.size()));
    const std::string_view rest_of_body = body.substr(sent - (head.size() - rest_of_head.size()));
    iovec parts[2] = {{const_cast<char*>(rest_of_head.data()), rest_of_head.size()},
                      {const_cast<char*>(rest_of_body.data()), rest_of_body.size()}};
    msghdr message{};
    message.msg_iov = rest_of_head.empty() ? parts + 1 : parts;
    message.msg_iovlen = rest_of_head.empty() || rest_of_body.empty() ? 1 : 2;
    ControlBuffer control;
    if (sent == 0) control.fill(message, fds);
    const ssize_t count = ::sendmsg(fd_.get(), &message, kSendFlags);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return is_worth_a_retry(errno) ? Sent::Later : Sent::Failed;
    sent += static_cast<std::size_t>(count);
  }
  return Sent::Done;
}

bool Channel::keeps_peeked() {
  return false;
}

Channel::Received Channel::receive() {
  return read(0);
}

Channel::Received Channel::peek() {
  return read(0);
}

void Channel::drop() {}

Channel::Received Channel::read(int) {
  Received received;
  while (const std::size_t missing = missing_bytes(partial_)) {
    const ssize_t count = read_part(fd_.get(), missing, partial_fds_, partial_truncated_);
    if (count <= 0) {
      const bool later = count < 0 && is_worth_a_retry(errno);
      received.event = later ? Event::Nothing : Event::Closed;
      return received;
    }
    partial_.append(receive_buffer.data(), static_cast<std::size_t>(count));
    if (partial_fds_.size() > kMaxFds) partial_.assign(sizeof(FrameHeader), '\0');
  }
  const FrameHeader header = FrameHeader::from(partial_);
  const bool truncated = std::exchange(partial_truncated_, false);
  auto fds = std::exchange(partial_fds_, {});
  if (!header.is_good() || (!truncated && fds.size() != header.fd_count)) {
    partial_.assign(sizeof header, '\0');  // a stream that is out of step stays malformed
    received.event = Event::Malformed;
    return received;
  }
  received.event = truncated ? Event::TooFewDescriptors : Event::Message;
  received.message.type = header.type;
  received.message.body.assign(partial_, sizeof header);
  if (!truncated) received.message.fds = std::move(fds);
  partial_.clear();
  return received;
}

}  // namespace uvinetd
