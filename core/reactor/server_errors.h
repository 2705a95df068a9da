// SPDX-License-Identifier: ISC
// What servers write to the log: read from the sockets of their launchers, told by ErrorLines.
//
// A writer that is no server itself belongs to the server whose session it is in. One that is
// neither, or has ended before it could be asked for, is told by its launcher's identity; where
// that runs servers of one service only, it is one of those.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/base/address.h"
#include "core/base/loop.h"
#include "core/base/unique_fd.h"
#include "core/reactor/error_lines.h"
#include "core/reactor/event_log.h"

namespace uvinetd {

class ServerErrors {
 public:
  struct Names {
    std::function<std::string(std::uint32_t service)> service;  // its id; "": it is gone
    std::function<std::string(std::uint32_t identity)> identity;
  };
  ServerErrors(Loop& loop, Timers& timers, EventLog& log, Names names);

  // What servers of this launcher write. Nothing is read before start_reading(), when it is known
  // what runs.
  void add(std::uint32_t launcher, std::uint32_t identity, UniqueFd reader);
  void start_reading();
  // Somebody else reads on.
  void stop() { sources_.clear(); }

  void began(pid_t pid, std::uint32_t service, std::uint32_t identity, const SocketAddress& peer);
  void ended(pid_t pid, std::uint32_t service, std::uint32_t identity);

 private:
  struct Source {
    std::uint32_t identity = 0;
    UniqueFd reader;
    std::unique_ptr<FdWatcher> watcher;
  };
  struct Server {
    std::uint32_t service = 0;
    std::uint32_t identity = 0;
    SocketAddress peer;
  };
  struct Ended {
    pid_t pid = 0;
    Server server;
    std::chrono::milliseconds when{0};
  };

  void read(std::uint32_t launcher);
  void look_later();
  [[nodiscard]] std::optional<ErrorOwner> find(const ErrorLines::Writer& writer) const;
  [[nodiscard]] ErrorOwner unknown(const ErrorLines::Writer& writer) const;
  [[nodiscard]] std::uint32_t only_service(std::uint32_t identity) const;
  [[nodiscard]] const Server* server_of(pid_t pid) const;
  [[nodiscard]] ErrorOwner owner(pid_t pid, const Server& server) const;

  Loop& loop_;
  Timers& timers_;
  Names names_;
  std::map<std::uint32_t, Source> sources_;  // by launcher
  std::unordered_map<pid_t, Server> servers_;
  // Their last lines may be read after the report of their end.
  std::deque<Ended> ended_;
  // How many servers of which service an identity runs.
  std::unordered_map<std::uint32_t, std::map<std::uint32_t, std::size_t>> running_;
  ErrorLines lines_;
  Timers::Id timer_ = 0;
  bool is_reading_ = false;
};

}  // namespace uvinetd
