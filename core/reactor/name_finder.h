// SPDX-License-Identifier: ISC
// The reactor's end of the resolver: asks it for the names of clients that wait, and remembers what
// it has said for a while.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/channel.h"
#include "core/base/loop.h"
#include "core/reactor/name_cache.h"
#include "core/reactor/waiting_room.h"

namespace uvinetd {

class NameFinder {
 public:
  // nullopt: nobody could be asked.
  using OnFound = std::function<void(WaitingRoom::Ticket, const std::optional<std::string>& name)>;

  // `need_resolver` asks for one, which joins in time.
  NameFinder(Loop& loop, OnFound on_found, std::function<void()> need_resolver)
      : loop_(loop), on_found_(std::move(on_found)), need_resolver_(std::move(need_resolver)) {}

  // Known without asking.
  [[nodiscard]] std::optional<std::string> known(const SocketAddress& peer) const;
  // on_found is called later, unless the ticket is dropped before.
  void ask(WaitingRoom::Ticket ticket, const SocketAddress& peer);
  void drop(WaitingRoom::Ticket ticket);
  void join(UniqueFd channel);

 private:
  void on_ready();
  void on_answer(const std::string& address, const std::optional<std::string>& name);
  void send(const std::string& address);
  void watch();
  void lose();

  Loop& loop_;
  OnFound on_found_;
  std::function<void()> need_resolver_;
  NameCache cache_;
  Channel channel_;
  std::unique_ptr<FdWatcher> watcher_;
  std::map<std::string, std::vector<WaitingRoom::Ticket>> asked_;  // by address
  std::map<WaitingRoom::Ticket, std::string> addresses_;
  bool is_needed_ = false;  // and asked for
};

}  // namespace uvinetd
