// SPDX-License-Identifier: ISC
#include "core/reactor/waiting_room.h"

#include <poll.h>
#include <sys/socket.h>

#include <utility>

#include "spawn/settings/limits.h"

namespace uvinetd {
namespace {

// Source(): one that is not limited.
Source counted(const SocketAddress& peer, Awaited awaited) {
  return awaited == Awaited::Header ? Source() : source_of(peer, kUsualPrefixV6);
}

}  // namespace

bool is_gone(int fd) {
  pollfd entry{fd, 0, 0};
  if (poll(&entry, 1, 0) <= 0) return false;
  if ((entry.revents & POLLERR) != 0) return true;
  char byte = 0;
  return (entry.revents & POLLHUP) != 0 && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

WaitingRoom::~WaitingRoom() {
  for (auto& [ticket, one] : all_) timers_.cancel(one.deadline);
}

bool WaitingRoom::has_place(const SocketAddress& peer, Awaited awaited) const {
  if (all_.size() >= kMost) return false;
  const auto found = by_source_.find(counted(peer, awaited));
  return found == by_source_.end() || found->second < kMostOfSource;
}

WaitingRoom::Ticket WaitingRoom::enter(Visitor visitor, Awaited awaited) {
  const auto ticket = ++last_;
  auto& one = all_[ticket];
  one.visitor = std::move(visitor);
  one.visitor.was_watched = true;
  one.awaited = awaited;
  one.source = counted(one.visitor.client.peer, awaited);
  if (one.source != Source()) ++by_source_[one.source];
  one.watcher = std::make_unique<FdWatcher>(loop_, one.visitor.connection.get(),
                                            [this, ticket](int) { on_ready(ticket); });
  one.watcher->watch(awaited == Awaited::Header ? UV_READABLE : UV_DISCONNECT);
  one.deadline = timers_.after(
      kDeadline, [this, ticket, awaited] { on_event_(ticket, awaited, Event::Late); });
  return ticket;
}

Visitor* WaitingRoom::find(Ticket ticket) {
  const auto found = all_.find(ticket);
  return found == all_.end() ? nullptr : &found->second.visitor;
}

std::optional<Visitor> WaitingRoom::leave(Ticket ticket) {
  const auto node = all_.extract(ticket);
  if (!node) return {};
  auto& one = node.mapped();
  timers_.cancel(one.deadline);
  one.watcher.reset();  // before its descriptor is closed or handed over
  if (const auto found = by_source_.find(one.source); found != by_source_.end()) {
    if (--found->second == 0) by_source_.erase(found);
  }
  return std::move(one.visitor);
}

std::vector<WaitingRoom::Ticket> WaitingRoom::tickets() const {
  std::vector<Ticket> out;
  out.reserve(all_.size());
  for (const auto& [ticket, one] : all_) out.push_back(ticket);
  return out;
}

void WaitingRoom::on_ready(Ticket ticket) {
  auto& one = all_.at(ticket);
  if (is_gone(one.visitor.connection.get())) return on_event_(ticket, one.awaited, Event::Gone);
  if (one.awaited == Awaited::Header) return on_event_(ticket, one.awaited, Event::Readable);
  // It has said all it will say, and may well wait for the answer. Whether it has left after that
  // is looked at when the verdict is there.
  one.watcher->watch(0);
}

}  // namespace uvinetd
