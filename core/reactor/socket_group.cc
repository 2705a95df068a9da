// SPDX-License-Identifier: ISC
#include "core/reactor/socket_group.h"

#include <algorithm>

#include "core/reactor/heal.h"
#include "core/reactor/listener_host.h"
#include "core/reactor/listener_kinds.h"
#include "core/reactor/readable.h"
#include "spawn/settings/listen_fds.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kFirstBackoff{100};
constexpr std::chrono::milliseconds kLongestBackoff{30'000};
constexpr std::chrono::seconds kQuickExit{1};
constexpr std::uint32_t kMostQuickExits = 64;  // with status 0, in a second
constexpr std::uint32_t kDiscardAfter = 5;  // idle exits before an unread datagram is thrown away
constexpr int kBacklogAfterHealing = 4096;

}  // namespace

SocketGroup::~SocketGroup() {
  host_.timers().cancel(backoff_);
}

// A socket that is being bound anew belongs to the next server as much as the others do.
bool SocketGroup::wants_polling() const {
  return uvinetd::wants_polling(gate_) && !is_at_limit_ && !service_.is_paused() &&
         std::all_of(sockets_.begin(), sockets_.end(),
                     [](const WaitListener* each) { return each->fd() >= 0; });
}

bool SocketGroup::is_held() const {
  return gate_ == WaitState::Starting || gate_ == WaitState::Serving;
}

void SocketGroup::reconcile() {
  for (auto* socket : sockets_) socket->reconcile();
}

WaitListener* SocketGroup::cause() const {
  const auto found = std::find_if(sockets_.begin(), sockets_.end(), [this](const auto* each) {
    return each->key() == cause_ && each->fd() >= 0;
  });
  return found == sockets_.end() ? nullptr : *found;
}

void SocketGroup::on_readable(WaitListener& socket) {
  if (gate_ == WaitState::Idle) cause_ = socket.key();
  advance(WaitEvent::Readable);
}

void SocketGroup::on_limit() {
  is_at_limit_ = true;
  reconcile();
}

void SocketGroup::on_limit_freed() {
  is_at_limit_ = false;
  reconcile();
}

void SocketGroup::on_started(LaunchId id) {
  if (id == launch_) advance(WaitEvent::Started);
}

void SocketGroup::on_start_failed(LaunchId id, bool is_certain) {
  if (id != launch_) return;
  launch_ = 0;
  // The client of a datagram that nobody can serve is not served by trying for ever.
  if (is_certain) (void)discard_datagram();
  ++idle_exits_;
  advance(WaitEvent::StartFailed);
}

void SocketGroup::on_launch_lost(LaunchId id) {
  if (id != launch_) return;
  launch_ = 0;
  advance(WaitEvent::Lost);
}

// More than one can run where the service's sockets did not go together before.
void SocketGroup::on_adopted(LaunchId id, std::chrono::nanoseconds) {
  if (launch_ != 0 && launch_ != id) others_.push_back(launch_);
  launch_ = id;
  advance(WaitEvent::Adopted);
}

void SocketGroup::on_exited(LaunchId id, std::chrono::nanoseconds ran, int status) {
  if (std::erase(others_, id) != 0 || id != launch_) return;
  launch_ = 0;
  if (!others_.empty()) {
    launch_ = others_.back();
    others_.pop_back();
    return;
  }
  if (!heal_all()) {
    gate_ = step(gate_, WaitEvent::Exited).next;
    reconcile();
    return;
  }
  if (!did_nothing(ran)) {
    idle_exits_ = 0;
    advance(WaitEvent::Exited);
    return;
  }
  ++idle_exits_;
  const bool is_failing = status != 0 || is_storm();
  if (idle_exits_ >= kDiscardAfter && discard_datagram()) host_.refuse(service_, "-", "unread");
  advance(is_failing ? WaitEvent::ExitedIdle : WaitEvent::Exited);
}

bool SocketGroup::heal_all() {
  bool is_good = true;
  for (auto* socket : sockets_) {
    if (socket->fd() < 0) continue;
    if (heal(socket->fd(), socket->type(), kBacklogAfterHealing) != Health::NeedsRebind) continue;
    host_.rebind(*socket);
    is_good = false;
  }
  return is_good;
}

// The head of the queue of the socket for which the server was started.
bool SocketGroup::discard_datagram() const {
  const auto* const socket = cause();
  return socket != nullptr && socket->type() == SOCK_DGRAM && discard_head(socket->fd());
}

// A stream server that takes one client and ends well may find the next one queued each time; one
// that takes none looks the same from here. Only the rate tells that something is wrong.
bool SocketGroup::is_storm() {
  const auto now = host_.now();
  if (now - window_ >= kQuickExit) {
    window_ = now;
    exits_in_window_ = 0;
  }
  return ++exits_in_window_ > kMostQuickExits;
}

// Came, went within a second, and what it was started for is still there.
bool SocketGroup::did_nothing(std::chrono::nanoseconds ran) const {
  const auto* const socket = cause();
  if (ran >= kQuickExit || socket == nullptr) return false;
  if (socket->type() == SOCK_DGRAM) {
    const auto head = peek_head(socket->fd());
    return head.state == DatagramHead::State::Present && head == head_;
  }
  return is_readable(socket->fd());
}

void SocketGroup::advance(WaitEvent event) {
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

// As they are configured: by their places the server may know what they are for.
std::vector<Listener*> SocketGroup::in_order() const {
  std::vector<Listener*> out;
  for (const auto& [key, port] : service_.entry.sockets) {
    const auto found = std::find_if(sockets_.begin(), sockets_.end(),
                                    [key = key](const auto* each) { return each->key() == key; });
    if (found != sockets_.end() && out.size() < kMostListenFds) out.push_back(*found);
  }
  return out;
}

void SocketGroup::start() {
  // Not polled from before the server exists until after it has ended.
  reconcile();
  auto* const socket = cause();
  if (socket == nullptr) return;
  if (socket->type() == SOCK_DGRAM) head_ = peek_head(socket->fd());
  launch_ = host_.launch(*socket,
                         service_.entry.listen_fds ? in_order() : std::vector<Listener*>{socket});
  if (launch_ == 0) gate_ = step(gate_, WaitEvent::Lost).next;
  if (launch_ != 0) service_.rate.count(service_.entry, host_.now());
}

void SocketGroup::back_off() {
  const auto doubled = kFirstBackoff * (1LL << std::min<std::uint32_t>(idle_exits_, 9));
  const auto time = std::min<std::chrono::milliseconds>(doubled, kLongestBackoff);
  const auto jitter = time * (host_.random_bits() % 41 - 20) / 100;
  host_.events().tell(Event(LogLevel::Warning, "pause")
                          .add("id", service_.entry.id)
                          .add("reason", "failing")
                          .add("ms", (time + jitter).count()));
  host_.meter().paused(service_.counters);
  host_.timers().cancel(backoff_);
  backoff_ = host_.timers().after(time + jitter, [this] {
    backoff_ = 0;
    host_.events().tell(
        Event(LogLevel::Notice, "resume").add("id", service_.entry.id).add("reason", "failing"));
    advance(WaitEvent::BackoffOver);
  });
}

}  // namespace uvinetd
