// SPDX-License-Identifier: ISC
// Who owns a `wait` socket: us, the server, or nobody.
//
// A `wait` service hands its listening (or bound datagram) socket to one server, and nobody polls
// that socket again until the server has ended (inetd.conf(5), wait).
//
//     Idle --readable--> Starting --started--> Serving --exited--> Idle
//     Starting --start_failed--> Backoff      Serving --exited_idle--> Backoff
//     Starting --lost--> Idle                 Backoff --backoff_over--> Idle
//     Idle --adopted--> Serving               any --removed--> Closed
//
// `exited_idle` is a server that came and went without doing anything: structural trouble, so it
// is not started again at once. step() is pure; the caller performs the action.
#pragma once

#include <cstdint>

namespace uvinetd {

enum class WaitState : std::uint8_t { Idle, Starting, Serving, Backoff, Closed };
enum class WaitEvent : std::uint8_t {
  Readable,
  Started,
  StartFailed,
  Lost,
  Exited,
  ExitedIdle,
  BackoffOver,
  Adopted,
  Removed
};
enum class WaitAction : std::uint8_t { None, Launch, StopPolling, Rearm, StartBackoff, Close };

struct WaitStep {
  WaitState next;
  WaitAction action;
  friend constexpr bool operator==(const WaitStep&, const WaitStep&) = default;
};

namespace wait_gate_detail {

constexpr WaitStep from_idle(WaitEvent event) noexcept {
  switch (event) {
    case WaitEvent::Readable:
      return {WaitState::Starting, WaitAction::Launch};
    case WaitEvent::Adopted:
    case WaitEvent::Started:
      return {WaitState::Serving, WaitAction::StopPolling};
    case WaitEvent::StartFailed:
    case WaitEvent::Lost:
    case WaitEvent::Exited:
    case WaitEvent::ExitedIdle:
    case WaitEvent::BackoffOver:
      return {WaitState::Idle, WaitAction::None};
    case WaitEvent::Removed:
      return {WaitState::Closed, WaitAction::Close};
  }
  return {WaitState::Idle, WaitAction::None};
}

constexpr WaitStep from_starting(WaitEvent event) noexcept {
  switch (event) {
    case WaitEvent::Adopted:
    case WaitEvent::Started:
      return {WaitState::Serving, WaitAction::None};
    case WaitEvent::StartFailed:
    case WaitEvent::ExitedIdle:
      return {WaitState::Backoff, WaitAction::StartBackoff};
    case WaitEvent::Lost:
    case WaitEvent::Exited:
      return {WaitState::Idle, WaitAction::Rearm};
    case WaitEvent::Readable:
    case WaitEvent::BackoffOver:
      return {WaitState::Starting, WaitAction::None};
    case WaitEvent::Removed:
      return {WaitState::Closed, WaitAction::Close};
  }
  return {WaitState::Starting, WaitAction::None};
}

constexpr WaitStep from_serving(WaitEvent event) noexcept {
  switch (event) {
    case WaitEvent::Exited:
      return {WaitState::Idle, WaitAction::Rearm};
    case WaitEvent::ExitedIdle:
      return {WaitState::Backoff, WaitAction::StartBackoff};
    case WaitEvent::Readable:
    case WaitEvent::Started:
    case WaitEvent::StartFailed:
    case WaitEvent::Lost:
    case WaitEvent::BackoffOver:
    case WaitEvent::Adopted:
      return {WaitState::Serving, WaitAction::None};
    case WaitEvent::Removed:
      return {WaitState::Closed, WaitAction::Close};
  }
  return {WaitState::Serving, WaitAction::None};
}

constexpr WaitStep from_backoff(WaitEvent event) noexcept {
  switch (event) {
    case WaitEvent::BackoffOver:
      return {WaitState::Idle, WaitAction::Rearm};
    case WaitEvent::Adopted:
    case WaitEvent::Started:
      return {WaitState::Serving, WaitAction::StopPolling};
    case WaitEvent::Readable:
    case WaitEvent::StartFailed:
    case WaitEvent::Lost:
    case WaitEvent::Exited:
    case WaitEvent::ExitedIdle:
      return {WaitState::Backoff, WaitAction::None};
    case WaitEvent::Removed:
      return {WaitState::Closed, WaitAction::Close};
  }
  return {WaitState::Backoff, WaitAction::None};
}

}  // namespace wait_gate_detail

[[nodiscard]] constexpr WaitStep step(WaitState state, WaitEvent event) noexcept {
  switch (state) {
    case WaitState::Idle:
      return wait_gate_detail::from_idle(event);
    case WaitState::Starting:
      return wait_gate_detail::from_starting(event);
    case WaitState::Serving:
      return wait_gate_detail::from_serving(event);
    case WaitState::Backoff:
      return wait_gate_detail::from_backoff(event);
    case WaitState::Closed:
      return {WaitState::Closed, WaitAction::None};
  }
  return {state, WaitAction::None};
}

[[nodiscard]] constexpr bool wants_polling(WaitState state) noexcept {
  return state == WaitState::Idle;
}

}  // namespace uvinetd
