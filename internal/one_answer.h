// SPDX-License-Identifier: ISC
// A stream session that says one short thing and then ends, without losing it: closing a socket
// with unread input makes TCP send a reset, which may overtake the answer. So our half is shut
// first and the client's input is read until it ends too, within bounds. A client that never ends
// is left to the caller's idle limit.
#pragma once

#include <array>

#include "internal/builtin.h"

namespace uvinetd {

class OneAnswer final : public StreamSession {
 public:
  // `answer` is asked once, at the first step, with an empty request.
  explicit OneAnswer(Answer answer) : answer_(answer) {}
  Interest step(int fd) noexcept override;

  static constexpr std::size_t kMostDrained = 64 * 1024;  // bytes; a client past it is reset

 private:
  Interest drain(int fd) noexcept;

  Answer answer_;
  std::array<std::byte, 64> text_{};
  std::size_t size_ = 0;
  std::size_t sent_ = 0;
  std::size_t drained_ = 0;
};

}  // namespace uvinetd
