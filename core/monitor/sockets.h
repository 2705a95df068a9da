// SPDX-License-Identifier: ISC
// Every service socket of the daemon: bound here, owned here, lent to the reactor.
//
// A socket is known by its name (bind.h) and keeps its key for as long as it exists, over reloads;
// one that cannot be bound is tried again with a growing delay, by itself. That of an RPC program
// may have any port, and is known by its service too.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/config/load/loader.h"
#include "core/monitor/bind.h"
#include "core/monitor/descriptor_store.h"
#include "core/monitor/inherited_sockets.h"
#include "core/monitor/rpc_binder.h"
#include "core/monitor/upgrade/upgrade_state.h"
#include "spawn/table.h"

namespace uvinetd {

class Sockets {
 public:
  Sockets(Log& log, int default_backlog) : log_(log), default_backlog_(default_backlog) {}

  // Brings what is wanted into being: sockets of the same name stay as they are, new ones are
  // bound. What is not wanted any more stays open until close_unwanted(). Failures are logged and
  // kept for retry().
  void want(const std::vector<LoadedService>& services);
  // The same in two steps, so that other processes can begin with the first sockets while the next
  // are bound: plan() gives the keys, then bind_some() binds at most so many and answers with those
  // that it has, until it returns false.
  void plan(const std::vector<LoadedService>& services);
  bool bind_some(std::size_t at_most, std::vector<std::pair<std::uint32_t, int>>& bound);
  // What we were started with: from now on plan() takes it in the place of new sockets.
  void inherit(InheritedSockets inherited);
  // Closes what is left of it. Returns the names of those that the manager keeps in vain.
  std::vector<std::string> close_inherited() { return inherited_.close_rest(log_); }
  // Closes what the last want() did not name. Call when no other role uses it any more.
  void close_unwanted();
  // Binds again what failed. True when something new was bound.
  bool retry();
  // Closes and binds one socket anew under its key (a server has spoilt it).
  void rebind(std::uint32_t key);

  // The sockets of a service that are bound or about to be, in the order of its configuration.
  [[nodiscard]] std::vector<TableListener> listeners_of(const LoadedService& service) const;
  // Where the RPC programs of these services are.
  [[nodiscard]] std::vector<RpcBinding> rpc_bindings(
      const std::vector<LoadedService>& services) const;
  // All bound sockets: key and descriptor (borrowed).
  [[nodiscard]] std::vector<std::pair<std::uint32_t, int>> all() const;
  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::size_t due_count() const { return due_.size(); }  // planned, not tried yet
  [[nodiscard]] std::size_t failed_count() const;
  // Why each socket that is wanted and not bound is not: "ftp/tcp: cannot bind 0.0.0.0:21: ...".
  [[nodiscard]] std::vector<std::string> failures() const;
  [[nodiscard]] bool is_wanted(std::uint32_t key) const;
  // Those that another daemon could go on with, and that no socket unit has.
  [[nodiscard]] std::vector<StorableSocket> storable() const;

  // For the program that takes our place in this process: every socket that is open (borrowed), and
  // the other way round, before anything is planned: they are wanted by nobody yet.
  void save(UpgradeState& state) const;
  void restore(const UpgradeState& state);

  // Removes the paths of our Unix sockets, but of those that are kept for a daemon after us; at a
  // planned end only.
  void remove_paths(const std::function<bool(std::uint32_t key)>& is_kept);

 private:
  struct Failure {
    int code = 0;            // logged when it changes
    std::string text;        // "ftp/tcp: cannot bind 0.0.0.0:21: ..."
    bool is_silent = false;  // the v6 half of a plain service on a host without v6
  };
  struct Socket {
    std::uint32_t key = 0;
    UniqueFd fd;  // not open: could not be bound (yet)
    bool is_wanted = false;
    bool is_due = false;  // planned, and not tried yet
    ListenSpec spec;
    std::uint32_t rpc = 0;  // see rpc_number()
    BindOptions options;
    std::string service;  // id, for messages
    PathIdentity path;
    std::unique_ptr<Failure> failure;  // null: none
  };
  // By a hash of kind, family and address. There may be tens of thousands.
  using ByName = std::unordered_multimap<std::size_t, Socket>;

  [[nodiscard]] BindOptions options_for(const ServiceSpec& spec) const;
  // Stands for the service when it is an RPC program; 0: it is none, or not seen before.
  [[nodiscard]] std::uint32_t rpc_number(const ServiceSpec& service) const;
  [[nodiscard]] const Socket* find(const ServiceSpec& service, const ListenSpec& spec) const;
  Socket& find_or_add(const ServiceSpec& service, const ListenSpec& spec);
  std::uint32_t number_rpc(const std::string& service);
  Socket& add(std::uint32_t rpc, const ListenSpec& spec);
  void adopt(Socket& socket);
  void open(Socket& socket);
  void update(Socket& socket, const ListenSpec& spec, const BindOptions& options);
  [[nodiscard]] static bool is_failed(const Socket& socket);

  Log& log_;
  int default_backlog_;
  std::uint32_t last_key_ = 0;
  ByName sockets_;
  std::unordered_map<std::string, std::uint32_t> rpc_numbers_;  // by the service's id
  std::vector<Socket*> due_;                                    // the next one last
  InheritedSockets inherited_;
  std::unordered_map<std::uint32_t, std::string> adopted_;  // by key: the name it came with
};

}  // namespace uvinetd
