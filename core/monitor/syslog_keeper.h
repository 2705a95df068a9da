// SPDX-License-Identifier: ISC
// The monitor's side of the syslog services: each has a channel to its server (syslog_wire.h), by
// which the server gets its rules and all that it writes to.
//
// The channel is made here and lasts as long as the service does; launchers give its other end to
// each server that they start. Nothing is told to a server that has not said Hello, and nothing new
// before it has taken what it was told last: so there is never more in the channel than one set.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/channel.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/config/load/loader.h"
#include "core/monitor/error_file_store.h"
#include "core/monitor/upgrade/upgrade_state.h"
#include "core/syslogd/syslog_wire.h"

namespace uvinetd {

class SyslogKeeper {
 public:
  // `channel_changed`: of() has another descriptor than before, which launchers should get.
  SyslogKeeper(Loop& loop, Timers& timers, Log& log, std::function<void()> channel_changed)
      : loop_(loop), timers_(timers), log_(log), channel_changed_(std::move(channel_changed)) {}
  ~SyslogKeeper();
  SyslogKeeper(const SyslogKeeper&) = delete;
  SyslogKeeper& operator=(const SyslogKeeper&) = delete;

  // The services that there are. Their targets are opened anew, whether or not the rules are
  // others: files may have been moved away.
  void want(const std::vector<LoadedService>& services);
  // The same without new rules.
  void reopen();
  // The sockets of a service that are bound, before a table with them is made: a server that was
  // started with others ends once that is in force, and the next one has them all.
  void set_sockets(const std::string& id, std::vector<std::uint32_t> keys);
  // The table is in force: launchers have the channels that of() gave for it, and no others.
  void committed();
  // Who may have which channel, by its name, as the last table has it.
  using Wanted = std::map<std::uint32_t, std::set<std::string>>;
  void place(Wanted wanted) { wanted_ = std::move(wanted); }
  [[nodiscard]] static std::string channel_name(const std::string& service) {
    return "syslog:" + service;  // no path of a file: those are absolute
  }
  // The servers' ends for servers of this identity; borrowed.
  [[nodiscard]] ErrorFileStore::Files of(std::uint32_t identity) const;

  // For the end: every channel is shut, at which a server writes what is queued and ends.
  void end();

  // What each server has counted, by the id of its service.
  [[nodiscard]] nlohmann::json counts() const;
  [[nodiscard]] bool is_empty() const { return all_.empty(); }
  [[nodiscard]] std::vector<std::string> services() const;  // their ids

  // For the program that takes our place in this process: its servers are replaced by their next
  // start, without a message lost. Restored channels are of services that the next want() names.
  void save(UpgradeState& state) const;
  void restore(const UpgradeState& state);

 private:
  struct One {
    std::string id;
    SyslogSetup setup;
    Channel channel;
    UniqueFd server_end;
    std::vector<Channel> past;  // of servers that are to end once launchers have the one above
    std::vector<std::uint32_t> sockets;
    std::unique_ptr<FdWatcher> watcher;
    std::uint32_t generation = 0;
    bool has_server = false;  // one has said Hello, as far as we know
    bool is_awaited = false;  // a generation is not taken yet
    bool is_due = false;      // there is a newer one to be told
    std::map<std::uint32_t, std::pair<dev_t, ino_t>> files;  // by action: what the server has
    std::set<std::uint32_t> missing;                         // actions that could not be opened
    std::set<std::string> told;                              // of those, in the log
    Timers::Id retry = 0;
    std::chrono::milliseconds retry_delay{0};
    std::size_t asks = 0;  // for terminals, that stand in line
    std::chrono::milliseconds last_ask{0};
    SyslogCounts counts;                                          // of all its servers
    SyslogCounts before;                                          // of those that have ended
    std::map<std::uint32_t, std::chrono::milliseconds> reopened;  // targets, by action
  };

  bool open_channel(One& one);
  void watch(One& one);
  void on_channel(One& one);
  void on_message(One& one, const Message& message);
  void on_hello(One& one, const SyslogHello& hello);
  void spoilt(One& one, const char* why);
  bool renew(One& one);
  // False: the channel was spoilt, and there is another one.
  bool send(One& one, SyslogMessageType type, const std::string& body,
            std::span<const int> fds = {});
  void tell(One& one);  // the whole set, if nothing stands against it
  bool tell_target(One& one, std::uint32_t action);
  bool send_target(One& one, std::uint32_t action, Result<UniqueFd> opened);
  void retry(One& one);
  void rotate(One& one, const SyslogTarget& target);
  void open_anew(One& one, std::uint32_t action);
  void ask_terminals(One& one, const SyslogTerminals& asked);
  void tell_terminals(One& one, const SyslogTerminals& asked);

  Loop& loop_;
  Timers& timers_;
  Log& log_;
  std::function<void()> channel_changed_;
  std::map<std::string, std::unique_ptr<One>> all_;  // by the service's id
  Wanted wanted_;
};

}  // namespace uvinetd
