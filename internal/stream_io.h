// SPDX-License-Identifier: ISC
// One read or one write on a stream socket, with the outcomes a session tells apart. Never blocks
// and never raises SIGPIPE.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace uvinetd {

// Where sessions read to. What a session must keep past its step it copies, so that an idle one
// costs no buffer. One for the process: all sessions live on one thread.
inline constexpr std::size_t kScratchBytes = 16 * 1024;
inline std::array<std::byte, kScratchBytes> stream_scratch;

// Bytes that went out to clients since the process began: whoever lets a session take a step sees
// by it whether the session has spoken.
inline std::uint64_t stream_sent = 0;

// Moved: `bytes` > 0 went through. Again: not now. Ended: end of file, reset or any other error;
// nothing more can be done for this client.
enum class IoState : unsigned char { Moved, Again, Ended };

struct IoResult {
  IoState state = IoState::Ended;
  std::size_t bytes = 0;
};

inline IoResult io_result(ssize_t moved) noexcept {
  if (moved > 0) return {IoState::Moved, static_cast<std::size_t>(moved)};
  const bool is_later = moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  return {is_later ? IoState::Again : IoState::Ended, 0};
}

inline IoResult read_some(int fd, std::span<std::byte> into, int flags = 0) noexcept {
  ssize_t moved = 0;
  do {
    moved = recv(fd, into.data(), into.size(), MSG_DONTWAIT | flags);
  } while (moved < 0 && errno == EINTR);
  return io_result(moved);
}

// The same, but what is read stays where it is.
inline IoResult peek_some(int fd, std::span<std::byte> into) noexcept {
  return read_some(fd, into, MSG_PEEK);
}

// Less than all of `bytes` means that the socket's buffer is full.
inline IoResult write_some(int fd, std::span<const std::byte> bytes) noexcept {
  ssize_t moved = 0;
  do {
    moved = send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (moved < 0 && errno == EINTR);
  const auto result = io_result(moved);
  stream_sent += result.bytes;
  return result;
}

// Short text into a connection that has been sent little or nothing, so that it has room. False:
// not all of it went.
inline bool send_whole(int fd, std::string_view text) noexcept {
  return text.empty() || write_some(fd, std::as_bytes(std::span(text))).bytes == text.size();
}

}  // namespace uvinetd
