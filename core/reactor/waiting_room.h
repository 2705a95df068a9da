// SPDX-License-Identifier: ISC
// Where clients wait whose verdict needs something from outside: a header, a name, an answer.
//
//     accept ─▶ admission ──Serve──▶ launch or session
//                  ▲  └──Wait──▶ waiting room ──Late, Gone──▶ refused
//                  └──────────── known now ◀──┘
//
// Bounded in number, as a whole and for each source, and in time: who waits past the deadline is
// refused. A client in here counts as an instance of its service (reactor_clients.cc).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/loop.h"
#include "core/base/source.h"
#include "core/reactor/visitor.h"

namespace uvinetd {

class WaitingRoom {
 public:
  static constexpr std::size_t kMost = 1024;
  // Of one IPv4 address or IPv6 /64. Those who wait for a header come from a proxy that is trusted,
  // and stand outside of it.
  static constexpr std::size_t kMostOfSource = 64;
  static constexpr std::chrono::seconds kDeadline{5};

  using Ticket = std::uint64_t;  // never 0, never given twice
  enum class Event : std::uint8_t {
    Readable,  // there is something to read; told only of those who wait for a header
    Gone,      // the client has left
    Late,      // past the deadline
  };
  // Whoever is told takes the visitor out, or (Readable) leaves it for more. It is told again for
  // as long as there is something to read.
  using OnEvent = std::function<void(Ticket, Awaited, Event)>;

  WaitingRoom(Loop& loop, Timers& timers, OnEvent on_event)
      : loop_(loop), timers_(timers), on_event_(std::move(on_event)) {}
  ~WaitingRoom();
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;

  [[nodiscard]] bool has_place(const SocketAddress& peer, Awaited awaited) const;
  // has_place() must hold. The connection is watched, which makes it non-blocking, until leave().
  Ticket enter(Visitor visitor, Awaited awaited);
  // nullptr: not here any more. Valid until it leaves.
  [[nodiscard]] Visitor* find(Ticket ticket);
  [[nodiscard]] std::optional<Visitor> leave(Ticket ticket);

  [[nodiscard]] std::size_t count() const { return all_.size(); }
  [[nodiscard]] std::vector<Ticket> tickets() const;  // those who came first, first

 private:
  struct One {
    Visitor visitor;
    Awaited awaited = Awaited::Name;
    Source source;  // Source(): not counted
    std::unique_ptr<FdWatcher> watcher;
    Timers::Id deadline = 0;
  };
  void on_ready(Ticket ticket);

  Loop& loop_;
  Timers& timers_;
  OnEvent on_event_;
  std::map<Ticket, One> all_;
  std::map<Source, std::size_t> by_source_;
  Ticket last_ = 0;
};

// Whether a client has left for good. On a Unix socket the end of a client that has sent all it had
// to say is a hang-up too, and what it sent can still be read.
[[nodiscard]] bool is_gone(int fd);

}  // namespace uvinetd
