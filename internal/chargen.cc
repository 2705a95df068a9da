// SPDX-License-Identifier: ISC
// RFC 864: a stream of characters without end. Lines of 72 characters out of the ring of the 95
// printable ones, each line beginning one further, CR LF after each: the pattern repeats after 95
// lines. A datagram gets the first of these lines.
#include <algorithm>
#include <array>

#include "internal/services.h"
#include "internal/stream_io.h"

namespace uvinetd {
namespace {

constexpr std::size_t kRing = 95;  // 0x20 to 0x7e
constexpr std::size_t kLineChars = 72;
constexpr std::size_t kLineBytes = kLineChars + 2;
constexpr std::size_t kCycleBytes = kRing * kLineBytes;

constexpr std::array<std::byte, kCycleBytes> make_cycle() {
  std::array<std::byte, kCycleBytes> cycle{};
  std::size_t at = 0;
  for (std::size_t line = 0; line < kRing; ++line) {
    for (std::size_t column = 0; column < kLineChars; ++column) {
      cycle[at++] = static_cast<std::byte>(0x20 + (line + column) % kRing);
    }
    cycle[at++] = std::byte{'\r'};
    cycle[at++] = std::byte{'\n'};
  }
  return cycle;
}

constinit auto cycle_bytes = make_cycle();  // not const: iovec has no const form

constexpr std::size_t kCyclesPerSend = 9;  // about 62 KiB
constexpr int kSendsPerStep = 2;
constexpr int kReadsPerStep = 2;

// Writes as fast as the client reads. What the client says is read and thrown away; its end of
// file ends the session, so that a client that has gone is not written to for ever.
class ChargenSession final : public StreamSession {
 public:
  Interest step(int fd) noexcept override {
    for (int turn = 0; turn < kSendsPerStep; ++turn) {
      const IoResult sent = send_on(fd);
      if (sent.state == IoState::Ended) return Interest::Close;
      if (sent.state == IoState::Again) break;
    }
    for (int turn = 0; turn < kReadsPerStep; ++turn) {
      const IoResult got = read_some(fd, stream_scratch);
      if (got.state == IoState::Ended) return Interest::Close;
      if (got.bytes < stream_scratch.size()) break;
    }
    return Interest::ReadWrite;
  }

 private:
  IoResult send_on(int fd) noexcept {
    std::array<iovec, kCyclesPerSend> parts{};
    parts.fill({cycle_bytes.data(), cycle_bytes.size()});
    parts[0] = {cycle_bytes.data() + at_, cycle_bytes.size() - at_};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    ssize_t moved = 0;
    do {
      moved = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (moved < 0 && errno == EINTR);
    const IoResult sent = io_result(moved);
    at_ = (at_ + sent.bytes) % cycle_bytes.size();
    return sent;
  }

  std::size_t at_ = 0;  // next byte of the cycle
};

}  // namespace

std::unique_ptr<StreamSession> open_chargen() {
  return std::make_unique<ChargenSession>();
}

std::size_t answer_chargen(std::span<const std::byte> /*request*/, std::span<std::byte> reply,
                           std::time_t /*now*/) {
  const auto size = std::min(kLineBytes, reply.size());
  std::copy_n(cycle_bytes.begin(), size, reply.begin());
  return size;
}

}  // namespace uvinetd
