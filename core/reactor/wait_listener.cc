// SPDX-License-Identifier: ISC
#include <sys/socket.h>

#include <algorithm>

#include "core/reactor/heal.h"
#include "core/reactor/listener_host.h"
#include "core/reactor/listener_kinds.h"
#include "core/reactor/readable.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kFirstBackoff{100};
constexpr std::chrono::milliseconds kLongestBackoff{30'000};
constexpr std::chrono::seconds kQuickExit{1};
constexpr std::uint32_t kMostQuickExits = 64;  // with status 0, in a second
constexpr std::uint32_t kDiscardAfter = 5;  // idle exits before an unread datagram is thrown away
constexpr int kBacklogAfterHealing = 4096;

}  // namespace

WaitListener::~WaitListener() {
  host_.timers().cancel(backoff_);
}

bool WaitListener::wants_polling() const {
  return uvinetd::wants_polling(gate_) && !is_at_limit_ && service_.pause == 0;
}

bool WaitListener::is_held() const {
  return gate_ == WaitState::Starting || gate_ == WaitState::Serving;
}

void WaitListener::on_readable() {
  switch (ask_permit()) {
    case Permit::Yes:
      advance(WaitEvent::Readable);
      return;
    case Permit::AtLimit:
      is_at_limit_ = true;
      break;
    case Permit::Paused:
    case Permit::NoRoom:
      break;
  }
  reconcile();
}

void WaitListener::on_limit_freed() {
  is_at_limit_ = false;
  reconcile();
}

void WaitListener::on_started(LaunchId id) {
  if (id == launch_) advance(WaitEvent::Started);
}

void WaitListener::on_start_failed(LaunchId id, bool is_certain) {
  if (id != launch_) return;
  launch_ = 0;
  // The client of a datagram that nobody can serve is not served by trying for ever.
  if (is_certain && service_.entry.is_datagram()) discard_head(fd());
  ++idle_exits_;
  advance(WaitEvent::StartFailed);
}

void WaitListener::on_launch_lost(LaunchId id) {
  if (id != launch_) return;
  launch_ = 0;
  advance(WaitEvent::Lost);
}

void WaitListener::on_adopted(LaunchId id, std::chrono::nanoseconds) {
  launch_ = id;
  advance(WaitEvent::Adopted);
}

void WaitListener::on_exited(LaunchId id, std::chrono::nanoseconds ran, int status) {
  if (id != launch_) return;
  launch_ = 0;
  if (heal(fd(), service_.entry.socket_type, kBacklogAfterHealing) == Health::NeedsRebind) {
    gate_ = step(gate_, WaitEvent::Exited).next;
    host_.rebind(*this);
    return;
  }
  if (!did_nothing(ran)) {
    idle_exits_ = 0;
    advance(WaitEvent::Exited);
    return;
  }
  ++idle_exits_;
  const bool is_failing = status != 0 || is_storm();
  if (service_.entry.is_datagram() && idle_exits_ >= kDiscardAfter && discard_head(fd())) {
    host_.refuse(service_, "-", "unread");
  }
  advance(is_failing ? WaitEvent::ExitedIdle : WaitEvent::Exited);
}

// A stream server that takes one client and ends well may find the next one queued each time; one
// that takes none looks the same from here. Only the rate tells that something is wrong.
bool WaitListener::is_storm() {
  const auto now = host_.now();
  if (now - window_ >= kQuickExit) {
    window_ = now;
    exits_in_window_ = 0;
  }
  return ++exits_in_window_ > kMostQuickExits;
}

// Came, went within a second, and what it was started for is still there.
bool WaitListener::did_nothing(std::chrono::nanoseconds ran) {
  if (ran >= kQuickExit) return false;
  if (service_.entry.is_datagram()) {
    const auto head = peek_head(fd());
    return head.state == DatagramHead::State::Present && head == head_;
  }
  return is_readable(fd());
}

void WaitListener::advance(WaitEvent event) {
  const auto [next, action] = step(gate_, event);
  gate_ = next;
  switch (action) {
    case WaitAction::None:
      break;
    case WaitAction::Launch:
      start();
      break;
    case WaitAction::StopPolling:
      host_.timers().cancel(backoff_);
      break;
    case WaitAction::Rearm:
      break;
    case WaitAction::StartBackoff:
      back_off();
      break;
    case WaitAction::Close:
      break;
  }
  reconcile();
}

void WaitListener::start() {
  // Not polled from before the server exists until after it has ended.
  reconcile();
  if (service_.entry.is_datagram()) head_ = peek_head(fd());
  launch_ = host_.launch(*this);
  if (launch_ == 0) gate_ = step(gate_, WaitEvent::Lost).next;
  if (launch_ != 0) service_.rate.count(service_.entry, host_.now());
}

void WaitListener::back_off() {
  const auto doubled = kFirstBackoff * (1LL << std::min<std::uint32_t>(idle_exits_, 9));
  const auto time = std::min<std::chrono::milliseconds>(doubled, kLongestBackoff);
  const auto jitter = time * (host_.random_bits() % 41 - 20) / 100;
  host_.log().warning("pause id={} reason=failing ms={}", service_.entry.id,
                      (time + jitter).count());
  host_.timers().cancel(backoff_);
  backoff_ = host_.timers().after(time + jitter, [this] {
    backoff_ = 0;
    host_.log().notice("resume id={} reason=failing", service_.entry.id);
    advance(WaitEvent::BackoffOver);
  });
}

}  // namespace uvinetd
