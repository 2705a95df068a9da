// SPDX-License-Identifier: ISC
// The end of a stream session: says one thing and lets go, without losing it. Closing a socket with
// unread input makes TCP send a reset, which may overtake what was said. So our half is shut first
// and the client's input is read until it ends too, within bounds. A client that never ends is left
// to the caller's time limit.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "internal/builtin.h"

namespace uvinetd {

class LastWords {
 public:
  static constexpr std::size_t kMostDrained = 64 * 1024;  // bytes; a client past it is reset

  void set(std::string text) { text_ = std::move(text); }
  [[nodiscard]] bool is_set() const { return text_.has_value(); }
  // As StreamSession::step(); the text must be set.
  Interest step(int fd) noexcept;

 private:
  Interest drain(int fd) noexcept;

  std::optional<std::string> text_;
  bool is_said_ = false;
  std::size_t sent_ = 0;
  std::size_t drained_ = 0;
};

}  // namespace uvinetd
