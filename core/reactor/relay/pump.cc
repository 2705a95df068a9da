// SPDX-License-Identifier: ISC
#include "core/reactor/relay/pump.h"

#include <sys/socket.h>

namespace uvinetd {
namespace {

constexpr int kMostRounds = 16;  // of 64 KiB in, or out

}  // namespace

Pump::State Pump::step(int from, int to) noexcept {
  for (int i = 0; i < kMostRounds; ++i) {
    if (state_ != State::Reading && state_ != State::Writing) return state_;
    is_waiting_ = false;
    state_ = round(from, to);
    if (is_waiting_) return state_;
  }
  return state_;
}

Pump::State Pump::round(int from, int to) noexcept {
  const bool is_full = !conduit_.is_empty();
  const auto result = is_full ? conduit_.drain(to) : conduit_.fill(from);
  switch (result.flow) {
    case Flow::Moved:
      if (is_full) moved_ += result.bytes;
      return conduit_.is_empty() ? State::Reading : State::Writing;
    case Flow::Again:
      is_waiting_ = true;
      if (!is_full) conduit_.give_back();
      return is_full ? State::Writing : State::Reading;
    case Flow::End:
      conduit_.give_back();
      return !is_full && shutdown(to, SHUT_WR) == 0 ? State::Done : State::Refused;
    case Flow::Broken:
      return is_full ? State::Refused : State::Broken;
  }
  return State::Broken;
}

}  // namespace uvinetd
