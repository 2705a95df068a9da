// SPDX-License-Identifier: ISC
#include <sys/socket.h>

#include <cerrno>

#include "core/base/clock.h"
#include "core/base/process.h"
#include "core/reactor/datagram_head.h"
#include "core/reactor/listener_host.h"
#include "core/reactor/listener_kinds.h"
#include "core/reactor/waiting_room.h"

namespace uvinetd {
namespace {

enum class AcceptFailure { Empty, Next, OutOfDescriptors, Broken };

AcceptFailure classify(int code) {
  switch (code) {
    case EAGAIN:
      return AcceptFailure::Empty;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return AcceptFailure::OutOfDescriptors;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
      return AcceptFailure::Broken;
    default:
      // ECONNABORTED, EINTR, EPROTO, and the network errors that accept(2) passes on for a
      // connection that died in the queue.
      return AcceptFailure::Next;
  }
}

UniqueFd accept_one(int fd, int flags, SocketAddress& peer) {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
#ifdef __APPLE__
  UniqueFd connection(accept(fd, reinterpret_cast<sockaddr*>(&from), &size));
  if (connection.is_open()) (void)set_cloexec(connection.get());
#else
  UniqueFd connection(accept4(fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC | flags));
#endif
#ifndef __linux__
  // BSD's accept inherits O_NONBLOCK from the listener.
  if (connection.is_open()) (void)set_nonblocking(connection.get(), flags != 0);
#endif
  if (connection.is_open()) peer = SocketAddress(reinterpret_cast<sockaddr*>(&from), size);
  return connection;
}

}  // namespace

bool AcceptingListener::wants_polling() const {
  return uvinetd::wants_polling(gate_);
}

void AcceptingListener::on_limit_freed() {
  gate_ = step(gate_, NowaitEvent::LimitFreed).next;
  reconcile();
}

void AcceptingListener::on_pause(bool is_paused) {
  gate_ = step(gate_, is_paused ? NowaitEvent::Pause : NowaitEvent::PauseOver).next;
  reconcile();
}

bool AcceptingListener::may_accept() {
  at_limit_ = refusal_at_limit(host_, service_);
  if (at_limit_ != nullptr) return true;
  switch (ask_permit()) {
    case Permit::Yes:
      return true;
    case Permit::AtLimit:
      gate_ = step(gate_, NowaitEvent::LimitReached).next;
      reconcile();
      return false;
    case Permit::Paused:
      on_pause(true);
      return false;
    case Permit::NoRoom:
      return false;  // starved: reconciled by the host
  }
  return false;
}

void AcceptingListener::on_readable() {
  for (int i = 0; i < kMostAccepts && may_accept(); ++i) {
    SocketAddress peer;
    auto connection = accept_one(fd(), accept_flags(), peer);
    if (connection.is_open()) {
      take_in(std::move(connection), peer);
      continue;
    }
    const int code = errno;
    switch (classify(code)) {
      case AcceptFailure::Empty:
        return;
      case AcceptFailure::Next:
        break;
      case AcceptFailure::OutOfDescriptors:
        host_.pause_everything(code);
        return;
      case AcceptFailure::Broken:
        host_.rebind(*this);
        return;
    }
  }
}

void AcceptingListener::take_in(UniqueFd connection, const SocketAddress& peer) {
  // It may have left while it stood in the queue.
  Visitor visitor{service_.entry.key, key(), std::move(connection), {}, false};
  visitor.client.peer = peer;
  visitor.client.socket = visitor.connection.get();
  visitor.client.at_limit = at_limit_;
  visitor.accepted = monotonic_now();
  host_.meter().accepted(service_.counters);
  const char* reason = is_gone(visitor.client.socket) ? "gone" : host_.take_in(service_, visitor);
  if (reason != nullptr) host_.turn_down(service_, visitor, reason);
}

// ---- kinds -----------------------------------------------------------------------------------

int ConnectionListener::accept_flags() const {
  return 0;
}  // servers expect a blocking socket

int BuiltinStreamListener::accept_flags() const {
#ifdef SOCK_NONBLOCK
  return SOCK_NONBLOCK;
#else
  return 1;
#endif
}

BuiltinDatagramListener::BuiltinDatagramListener(ListenerHost& host, Service& service,
                                                 std::uint32_t key, UniqueFd socket,
                                                 const Builtin& builtin)
    : Listener(host, service, key, std::move(socket)), server_(builtin, fd()) {
  server_.set_filter([this](const SocketAddress& from) { return host_.is_banned(from); });
}

void BuiltinDatagramListener::on_readable() {
  constexpr int kMostDatagrams = 32;
  if (const char* reason = host_.refuse_all(service_)) {
    SocketAddress from;
    for (int i = 0; i < kMostDatagrams && discard_head(fd(), &from); ++i) {
      host_.meter().datagrams(service_.counters, 1);
      host_.refuse(service_, from.text(), reason);
    }
    return;
  }
  const int got = server_.on_readable(kMostDatagrams, wall_clock_seconds());
  host_.meter().datagrams(service_.counters, static_cast<std::uint64_t>(got));
  const auto counts = server_.take_counts();
  tell_refused("banned", counts.refused_client);
  tell_refused("loop", counts.refused_port);
  tell_refused("address", counts.refused_address);
}

// Each counts, and one of them is told.
void BuiltinDatagramListener::tell_refused(const char* reason, std::uint64_t count) {
  if (count == 0) return;
  host_.refuse(service_, server_.last_refused().text(), reason);
  host_.meter().refused(service_.counters, reason, count - 1);
}

}  // namespace uvinetd
