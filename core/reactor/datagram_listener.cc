// SPDX-License-Identifier: ISC
#include <sys/socket.h>

#include <algorithm>

#include "core/base/clock.h"
#include "core/reactor/heal.h"
#include "core/reactor/listener_host.h"
#include "core/reactor/listener_kinds.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kFirstLook{1};
constexpr std::chrono::milliseconds kLongestLook{64};

}  // namespace

DatagramListener::~DatagramListener() {
  host_.timers().cancel(timer_);
}

bool DatagramListener::wants_polling() const {
  return uvinetd::wants_polling(gate_) && !service_.is_paused();
}

void DatagramListener::on_readable() {
  look();
}

// The datagrams of a time at which nobody is served are nobody's.
void DatagramListener::discard(const char* reason) {
  SocketAddress from;
  if (discard_head(fd(), &from)) host_.refuse(service_, from.text(), reason);
  if (gate_ == DgramState::Holding) look_later();
  reconcile();
}

// The head of the queue decides what happens next, whoever asked for the look.
void DatagramListener::look() {
  if (!host_.is_accepting()) return;
  auto head = peek_head(fd());
  switch (head.state) {
    case DatagramHead::State::Broken:
      host_.rebind(*this);
      return;
    case DatagramHead::State::Empty:
      head_ = DatagramHead();
      advance(DgramEvent::Empty);
      return;
    case DatagramHead::State::Present:
      break;
  }
  const bool is_same = gate_ == DgramState::Holding && head == head_;
  if (is_same) {
    advance(launch_ == 0 ? DgramEvent::HeadUnread : DgramEvent::HeadSame);
    return;
  }
  if (const char* reason = host_.refuse_all(service_)) return discard(reason);
  switch (ask_permit()) {
    case Permit::Yes:
      head_ = std::move(head);
      advance(DgramEvent::HeadNew);
      return;
    case Permit::NoRoom:
      look_later();
      [[fallthrough]];
    case Permit::AtLimit:
      // Looked at again when a server ends, or when there is room; meanwhile it is not polled.
      gate_ = DgramState::Holding;
      head_ = DatagramHead();
      break;
    case Permit::Paused:
      break;
  }
  reconcile();
}

void DatagramListener::advance(DgramEvent event) {
  const auto [next, action] = step(gate_, event);
  gate_ = next;
  switch (action) {
    case DgramAction::None:
    case DgramAction::Poll:
    case DgramAction::Close:
      break;
    case DgramAction::Launch:
      start();
      break;
    case DgramAction::LookLater:
      look_later();
      break;
    case DgramAction::Discard:
      if (discard_head(fd())) host_.refuse(service_, "-", "unread");
      look_later();
      break;
  }
  reconcile();
}

void DatagramListener::start() {
  reconcile();  // not polled while the server has not read yet
  delay_ = kFirstLook;
  launch_ = host_.launch(*this, {this});
  if (launch_ == 0) {
    head_ = DatagramHead();  // it has had no start
  } else {
    service_.rate.count(service_.entry, host_.now());
  }
  look_later();
}

void DatagramListener::look_later() {
  if (timer_ != 0) return;
  timer_ = host_.timers().after(delay_, [this] {
    timer_ = 0;
    delay_ = std::min(delay_ * 2, kLongestLook);
    look();
  });
}

void DatagramListener::on_start_failed(LaunchId id, bool is_certain) {
  if (id != launch_) return;
  launch_ = 0;
  if (is_certain) return look();  // the head is unread and has nobody: it is discarded
  head_ = DatagramHead();         // if it stays, it is started anew
  delay_ = kLongestLook;
  look_later();
}

void DatagramListener::on_launch_lost(LaunchId id) {
  if (id != launch_) return;
  launch_ = 0;
  head_ = DatagramHead();
  look();
}

void DatagramListener::on_exited(LaunchId id, std::chrono::nanoseconds, int) {
  if (id == launch_) launch_ = 0;
  // A server may have connected, shut down or unblocked the socket that all of them share: mended
  // when none of them is there any more.
  if (service_.instances == 0 && heal(fd(), SOCK_DGRAM, 0) == Health::NeedsRebind) {
    host_.rebind(*this);
    return;
  }
  if (gate_ == DgramState::Holding) look();
}

// Its datagram is the head only if that is older than the server; else it has been read already,
// and the head waits for a start of its own.
void DatagramListener::on_adopted(LaunchId id, std::chrono::nanoseconds started) {
  launch_ = id;
  auto head = peek_head(fd());
  const auto received = received_at(head);
  const auto age = monotonic_now() - started;
  const bool is_its_own = !received || *received <= realtime_now() - age;
  head_ = is_its_own ? std::move(head) : DatagramHead();
  advance(DgramEvent::Adopted);
}

void DatagramListener::on_limit_freed() {
  if (gate_ == DgramState::Holding) look();
}

void DatagramListener::on_pause(bool is_paused) {
  if (!is_paused && gate_ == DgramState::Holding) look();
  reconcile();
}

}  // namespace uvinetd
