// SPDX-License-Identifier: ISC
// RFC 863: throws away what it receives and never answers.
#include "internal/services.h"
#include "internal/stream_io.h"

namespace uvinetd {
namespace {

constexpr int kReadsPerStep = 8;

class DiscardSession final : public StreamSession {
 public:
  Interest step(int fd) noexcept override {
    for (int turn = 0; turn < kReadsPerStep; ++turn) {
      const IoResult got = read_some(fd, stream_scratch);
      if (got.state == IoState::Ended) return Interest::Close;
      if (got.bytes < stream_scratch.size()) break;  // nothing, or read empty
    }
    return Interest::Read;
  }
};

}  // namespace

std::unique_ptr<StreamSession> open_discard() {
  return std::make_unique<DiscardSession>();
}

std::size_t answer_discard(std::span<const std::byte> /*request*/, std::span<std::byte> /*reply*/,
                           std::time_t /*now*/) {
  return kNoReply;
}

}  // namespace uvinetd
