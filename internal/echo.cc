// SPDX-License-Identifier: ISC
// RFC 862: sends back what it receives.
#include <algorithm>
#include <vector>

#include "internal/services.h"
#include "internal/stream_io.h"

namespace uvinetd {
namespace {

constexpr int kReadsPerStep = 4;

// While bytes are unsent nothing is read: a client that does not read its echo fills its own
// socket buffers and one buffer here, and then waits for itself.
class EchoSession final : public StreamSession {
 public:
  Interest step(int fd) noexcept override {
    if (!unsent_.empty()) {
      const IoResult sent = write_some(fd, unsent_);
      if (sent.state == IoState::Ended) return Interest::Close;
      unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(sent.bytes));
      if (!unsent_.empty()) return Interest::Write;
      unsent_.shrink_to_fit();
    }
    for (int turn = 0; turn < kReadsPerStep; ++turn) {
      const IoResult got = read_some(fd, stream_scratch);
      if (got.state == IoState::Again) return Interest::Read;
      if (got.state == IoState::Ended) return Interest::Close;  // all that came before is sent
      if (const auto next = send_back(fd, got.bytes); next != Interest::Read) return next;
      if (got.bytes < stream_scratch.size()) return Interest::Read;  // read empty: save a call
    }
    return Interest::Read;
  }

 private:
  Interest send_back(int fd, std::size_t size) {
    const auto bytes = std::span(stream_scratch).first(size);
    const IoResult sent = write_some(fd, bytes);
    if (sent.state == IoState::Ended) return Interest::Close;
    if (sent.bytes == size) return Interest::Read;
    unsent_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(sent.bytes), bytes.end());
    return Interest::Write;
  }

  std::vector<std::byte> unsent_;  // at most kScratchBytes
};

}  // namespace

std::unique_ptr<StreamSession> open_echo() {
  return std::make_unique<EchoSession>();
}

std::size_t answer_echo(std::span<const std::byte> request, std::span<std::byte> reply,
                        std::time_t /*now*/) {
  const auto size = std::min(request.size(), reply.size());
  std::copy_n(request.begin(), size, reply.begin());
  return size;
}

}  // namespace uvinetd
