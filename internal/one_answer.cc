// SPDX-License-Identifier: ISC
#include "internal/one_answer.h"

#include "core/base/clock.h"
#include "internal/stream_io.h"

namespace uvinetd {

Interest OneAnswer::step(int fd) noexcept {
  if (size_ == 0) size_ = answer_({}, text_, wall_clock_seconds());
  if (sent_ < size_) {
    const IoResult sent = write_some(fd, std::span(text_).first(size_).subspan(sent_));
    if (sent.state == IoState::Ended) return Interest::Close;
    sent_ += sent.bytes;
    if (sent_ < size_) return Interest::Write;
    if (shutdown(fd, SHUT_WR) != 0) return Interest::Close;
  }
  return drain(fd);
}

Interest OneAnswer::drain(int fd) noexcept {
  while (drained_ < kMostDrained) {
    const IoResult got = read_some(fd, stream_scratch);
    if (got.state == IoState::Ended) return Interest::Close;
    if (got.state == IoState::Again) return Interest::Read;
    drained_ += got.bytes;
  }
  return Interest::Close;
}

}  // namespace uvinetd
