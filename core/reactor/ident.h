// SPDX-License-Identifier: ISC
// Asks the hosts of clients who they are, as their identification server tells it (RFC 1413). It is
// what the client's own host says: worth something among hosts that one runs oneself.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/address.h"
#include "core/base/loop.h"
#include "core/base/unique_fd.h"
#include "core/reactor/waiting_room.h"

namespace uvinetd {

// The user in a complete answer about this pair of ports. nullopt: an error, or no answer to that.
[[nodiscard]] std::optional<std::string> parse_ident(std::string_view line, std::uint16_t peer_port,
                                                     std::uint16_t local_port);

class IdentClients {
 public:
  static constexpr std::uint16_t kPort = 113;
  static constexpr std::size_t kLongestAnswer = 1024;  // bytes, with its line end

  // nullopt: none, an error, or one that is too long.
  using OnAnswer = std::function<void(WaitingRoom::Ticket, const std::optional<std::string>& user)>;

  IdentClients(Loop& loop, OnAnswer on_answer) : loop_(loop), on_answer_(std::move(on_answer)) {}

  // About this connection. False: its host cannot even be asked. on_answer is called later, unless
  // the ticket is dropped before; nobody waits here for longer than in the waiting room.
  bool ask(WaitingRoom::Ticket ticket, int connection, const SocketAddress& peer);
  void drop(WaitingRoom::Ticket ticket) { all_.erase(ticket); }

 private:
  struct One {
    UniqueFd socket;
    std::unique_ptr<FdWatcher> watcher;
    std::string question;
    std::string answer;
    std::uint16_t peer_port = 0;
    std::uint16_t local_port = 0;
  };

  void on_ready(WaitingRoom::Ticket ticket);
  // False: over, with what is in `answer`.
  static bool advance(One& one);
  void finish(WaitingRoom::Ticket ticket);

  Loop& loop_;
  OnAnswer on_answer_;
  std::map<WaitingRoom::Ticket, One> all_;
};

}  // namespace uvinetd
