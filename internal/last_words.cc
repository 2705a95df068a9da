// SPDX-License-Identifier: ISC
#include "internal/last_words.h"

#include "internal/stream_io.h"

namespace uvinetd {

Interest LastWords::step(int fd) noexcept {
  if (is_said_) return drain(fd);
  if (sent_ < text_->size()) {
    const auto bytes = std::as_bytes(std::span(*text_));
    const IoResult sent = write_some(fd, bytes.subspan(sent_));
    if (sent.state == IoState::Ended) return Interest::Close;
    sent_ += sent.bytes;
    if (sent_ < text_->size()) return Interest::Write;
  }
  is_said_ = true;
  return shutdown(fd, SHUT_WR) == 0 ? drain(fd) : Interest::Close;
}

Interest LastWords::drain(int fd) noexcept {
  while (drained_ < kMostDrained) {
    const IoResult got = read_some(fd, stream_scratch);
    if (got.state == IoState::Ended) return Interest::Close;
    if (got.state == IoState::Again) return Interest::Read;
    drained_ += got.bytes;
  }
  return Interest::Close;
}

}  // namespace uvinetd
