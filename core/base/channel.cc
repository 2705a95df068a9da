// SPDX-License-Identifier: ISC
#include "core/base/channel.h"

#include <fcntl.h>

#include <cerrno>

#include "core/base/channel_frame.h"

namespace uvinetd {

std::array<char, kMaxFrame> receive_buffer;

void ControlBuffer::fill(msghdr& message, std::span<const int> fds) noexcept {
  if (fds.empty()) return;
  const std::size_t room = CMSG_SPACE(fds.size_bytes());
  std::memset(bytes_.data(), 0, room);  // padding too: the kernel reads all of it
  message.msg_control = bytes_.data();
  message.msg_controllen = static_cast<decltype(message.msg_controllen)>(room);
  cmsghdr* const record = CMSG_FIRSTHDR(&message);
  record->cmsg_level = SOL_SOCKET;
  record->cmsg_type = SCM_RIGHTS;
  record->cmsg_len = static_cast<decltype(record->cmsg_len)>(CMSG_LEN(fds.size_bytes()));
  std::memcpy(CMSG_DATA(record), fds.data(), fds.size_bytes());
}

void ControlBuffer::take(msghdr& message, std::vector<UniqueFd>& fds) {
  for (cmsghdr* record = CMSG_FIRSTHDR(&message); record != nullptr;
       record = CMSG_NXTHDR(&message, record)) {
    if (record->cmsg_level != SOL_SOCKET || record->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (record->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    fds.reserve(fds.size() + count);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(record) + i * sizeof fd, sizeof fd);
      fds.emplace_back(fd);
    }
  }
}

// ETOOMANYREFS: too many descriptors of our uid are in flight (unix(7)); ENOBUFS: a BSD's socket
// buffer is full.
bool is_worth_a_retry(int code) noexcept {
  return code == EAGAIN || code == EWOULDBLOCK || code == ENOBUFS || code == ENOMEM ||
         code == ETOOMANYREFS;
}

Status Channel::send(std::uint16_t type, std::string_view body, const std::vector<int>& fds) {
  if (!fd_.is_open()) return fail("send", {}, EPIPE);
  if (body.size() > kMaxBody || fds.size() > kMaxFds) return fail("send", {}, EMSGSIZE);
  FrameHeader header;
  header.type = type;
  header.fd_count = static_cast<std::uint16_t>(fds.size());
  header.body_size = static_cast<std::uint32_t>(body.size());
  std::size_t sent = 0;
  if (!queue_.empty()) return enqueue(header.bytes(), body, sent, fds);
  switch (send_frame(header.bytes(), body, sent, fds)) {
    case Sent::Done:
      return {};
    case Sent::Later:
      return enqueue(header.bytes(), body, sent, fds);
    case Sent::Failed:
      break;
  }
  return fail_errno("send");
}

Status Channel::enqueue(std::string_view head, std::string_view body, std::size_t sent,
                        std::span<const int> fds) {
  Outgoing outgoing;
  if (sent == 0) {  // else the descriptors went with the first byte
    outgoing.fds.reserve(fds.size());
    for (const int fd : fds) {
      outgoing.fds.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
      if (!outgoing.fds.back().is_open()) return fail_errno("dup");
    }
  }
  outgoing.frame.reserve(head.size() + body.size());
  outgoing.frame.append(head).append(body);
  outgoing.sent = sent;
  queue_.push_back(std::move(outgoing));
  return {};
}

Status Channel::flush() {
  std::array<int, kMaxFds> fds;
  while (!queue_.empty()) {
    Outgoing& next = queue_.front();
    for (std::size_t i = 0; i < next.fds.size(); ++i) fds[i] = next.fds[i].get();
    switch (send_frame(next.frame, {}, next.sent, std::span(fds).first(next.fds.size()))) {
      case Sent::Done:
        queue_.pop_front();
        break;
      case Sent::Later:
        if (next.sent != 0) next.fds.clear();
        return {};
      case Sent::Failed:
        return fail_errno("send");
    }
  }
  return {};
}

void Channel::end() {
  if (fd_.is_open()) (void)::shutdown(fd_.get(), SHUT_RDWR);
  close();
}

void Channel::close() {
  fd_.reset();
  queue_.clear();
  partial_.clear();
  partial_fds_.clear();
  partial_truncated_ = false;
}

}  // namespace uvinetd
