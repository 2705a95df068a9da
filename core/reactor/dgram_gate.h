// SPDX-License-Identifier: ISC
// One start per datagram for `dgram nowait`, where classic daemons start dozens.
//
// The server reads its datagram from the socket that we share, some time after its start; a
// level-triggered loop would start another server for the same datagram until then. So after a
// start the socket is not polled; the head of its queue is looked at on a timer (1 to 64 ms), and
// known again by its kernel time stamp.
//
//     Idle --readable--> Holding --head_new--> Holding (next start)
//     Holding --empty--> Idle        Holding --head_unread--> Holding (discard, look again)
//     Holding --head_same--> Holding (look later)             any --removed--> Closed
//
// head_unread: the head is still the one its server was started for, and that server has ended.
#pragma once

#include <cstdint>

namespace uvinetd {

enum class DgramState : std::uint8_t { Idle, Holding, Closed };
enum class DgramEvent : std::uint8_t {
  Readable,
  Empty,
  HeadNew,
  HeadSame,
  HeadUnread,
  Adopted,
  Removed
};
enum class DgramAction : std::uint8_t { None, Launch, Poll, LookLater, Discard, Close };

struct DgramStep {
  DgramState next;
  DgramAction action;
  friend constexpr bool operator==(const DgramStep&, const DgramStep&) = default;
};

[[nodiscard]] constexpr DgramStep step(DgramState state, DgramEvent event) noexcept {
  if (state == DgramState::Closed) return {state, DgramAction::None};
  const bool is_idle = state == DgramState::Idle;
  switch (event) {
    case DgramEvent::Readable:
      if (!is_idle) return {state, DgramAction::None};
      return {DgramState::Holding, DgramAction::Launch};
    case DgramEvent::Empty:
      if (is_idle) return {state, DgramAction::None};
      return {DgramState::Idle, DgramAction::Poll};
    case DgramEvent::HeadNew:
      return {DgramState::Holding, DgramAction::Launch};
    case DgramEvent::HeadSame:
      if (is_idle) return {state, DgramAction::None};
      return {DgramState::Holding, DgramAction::LookLater};
    case DgramEvent::HeadUnread:
      if (is_idle) return {state, DgramAction::None};
      return {DgramState::Holding, DgramAction::Discard};
    case DgramEvent::Adopted:
      return {DgramState::Holding, DgramAction::LookLater};
    case DgramEvent::Removed:
      return {DgramState::Closed, DgramAction::Close};
  }
  return {state, DgramAction::None};
}

[[nodiscard]] constexpr bool wants_polling(DgramState state) noexcept {
  return state == DgramState::Idle;
}

}  // namespace uvinetd
