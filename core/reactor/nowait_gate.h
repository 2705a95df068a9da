// SPDX-License-Identifier: ISC
// Whether a `nowait` listener takes another connection.
//
//     Open --limit_reached--> AtLimit --limit_freed--> Open
//     Open, AtLimit --pause--> Paused --pause_over--> Open       any --removed--> Closed
//
// While it does not, the socket stays open and is not polled: the kernel's backlog is the queue.
// After a pause the limit is looked at again at the next connection. step() is pure.
#pragma once

#include <cstdint>

namespace uvinetd {

enum class NowaitState : std::uint8_t { Open, AtLimit, Paused, Closed };
enum class NowaitEvent : std::uint8_t { LimitReached, LimitFreed, Pause, PauseOver, Removed };
enum class NowaitAction : std::uint8_t { None, Poll, StopPolling, Close };

struct NowaitStep {
  NowaitState next;
  NowaitAction action;
  friend constexpr bool operator==(const NowaitStep&, const NowaitStep&) = default;
};

[[nodiscard]] constexpr NowaitStep step(NowaitState state, NowaitEvent event) noexcept {
  if (state == NowaitState::Closed) return {state, NowaitAction::None};
  switch (event) {
    case NowaitEvent::LimitReached:
      if (state != NowaitState::Open) return {state, NowaitAction::None};
      return {NowaitState::AtLimit, NowaitAction::StopPolling};
    case NowaitEvent::LimitFreed:
      if (state != NowaitState::AtLimit) return {state, NowaitAction::None};
      return {NowaitState::Open, NowaitAction::Poll};
    case NowaitEvent::Pause:
      if (state == NowaitState::Paused) return {state, NowaitAction::None};
      return {NowaitState::Paused,
              state == NowaitState::Open ? NowaitAction::StopPolling : NowaitAction::None};
    case NowaitEvent::PauseOver:
      if (state != NowaitState::Paused) return {state, NowaitAction::None};
      return {NowaitState::Open, NowaitAction::Poll};
    case NowaitEvent::Removed:
      return {NowaitState::Closed, NowaitAction::Close};
  }
  return {state, NowaitAction::None};
}

[[nodiscard]] constexpr bool wants_polling(NowaitState state) noexcept {
  return state == NowaitState::Open;
}

}  // namespace uvinetd
