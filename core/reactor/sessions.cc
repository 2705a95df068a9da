// SPDX-License-Identifier: ISC
#include "core/reactor/sessions.h"

#include <utility>

#include "internal/stream_io.h"

namespace uvinetd {
namespace {

int events_of(Interest interest) {
  switch (interest) {
    case Interest::Read:
      return UV_READABLE;
    case Interest::Write:
      return UV_WRITABLE;
    case Interest::ReadWrite:
      return UV_READABLE | UV_WRITABLE;
    case Interest::Close:
    case Interest::HandOver:
      return 0;
  }
  return 0;
}

}  // namespace

void Sessions::open(const Builtin& builtin, std::uint32_t service, UniqueFd connection,
                    const SocketAddress& peer, const SocketAddress& local, Accepted accepted) {
  open(builtin.open(), service, std::move(connection), peer, local, accepted);
}

void Sessions::open(std::unique_ptr<StreamSession> session, std::uint32_t service,
                    UniqueFd connection, const SocketAddress& peer, const SocketAddress& local,
                    Accepted accepted) {
  auto& one = all_.emplace_back();
  one.self = std::prev(all_.end());
  one.service = service;
  one.peer = peer;
  one.local = local;
  one.accepted = accepted;
  one.fd = std::move(connection);
  one.session = std::move(session);
  follow(one, take_step(one));
  arm_sweep();
}

Interest Sessions::take_step(One& one) {
  const auto sent = stream_sent;
  const auto interest = one.session->step(one.fd.get());
  if (stream_sent != sent && !std::exchange(one.has_spoken, true) && on_first_byte_) {
    on_first_byte_(one.service, one.accepted);
  }
  return interest;
}

void Sessions::on_ready(One& one) {
  follow(one, take_step(one));
}

// Most of the short ones (daytime, time) end before they need a watcher.
void Sessions::follow(One& one, Interest interest) {
  if (interest == Interest::HandOver) interest = hand_over(one);
  if (interest == Interest::Close) {
    end(one);
    return;
  }
  one.last_active = loop_.now();
  set_deadline(one);
  if (one.watcher == nullptr) {
    one.watcher =
        std::make_unique<FdWatcher>(loop_, one.fd.get(), [this, &one](int) { on_ready(one); });
  }
  const int events = events_of(interest);
  if (events != std::exchange(one.watched, events)) one.watcher->watch(events);
}

// Whoever takes the connection must find it unwatched.
Interest Sessions::hand_over(One& one) {
  one.watcher.reset();
  one.watched = 0;
  auto text =
      on_wanted_({one.service, one.session->wanted(), one.fd, one.peer, one.local, one.accepted});
  return one.fd.is_open() ? one.session->tell(one.fd.get(), std::move(text)) : Interest::Close;
}

void Sessions::set_deadline(One& one) {
  const auto limit = one.session->time_limit();
  if (limit == std::exchange(one.limit, limit)) return;
  timers_.cancel(one.deadline);
  if (limit.count() == 0) return;
  one.deadline = timers_.after(limit, [this, &one] {
    one.deadline = 0;
    end(one);
  });
}

void Sessions::end(One& one) {
  const auto service = one.service;
  const auto peer = one.peer;
  timers_.cancel(one.deadline);
  one.watcher.reset();  // before its descriptor is closed
  all_.erase(one.self);
  on_end_(service, peer);
}

void Sessions::arm_sweep() {
  if (sweep_ != 0 || all_.empty()) return;
  sweep_ = timers_.after(kIdleLimit / 4, [this] {
    sweep_ = 0;
    sweep();
  });
}

void Sessions::sweep() {
  const auto now = loop_.now();
  for (auto at = all_.begin(); at != all_.end();) {
    auto& one = *at++;
    if (now - one.last_active >= kIdleLimit) end(one);
  }
  arm_sweep();
}

}  // namespace uvinetd
