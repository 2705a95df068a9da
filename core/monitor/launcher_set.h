// SPDX-License-Identifier: ISC
// The monitor's launchers: started for an identity, watched, and their children adopted when one
// dies. Knows nothing of sockets or configuration.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/channel.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/monitor/error_file_store.h"
#include "core/monitor/upgrade/upgrade_state.h"
#include "spawn/ledger.h"
#include "spawn/reaper.h"
#include "spawn/wire.h"

namespace uvinetd {

class LauncherSet {
 public:
  struct Settings {
    int binary = -1;  // borrowed
    bool becomes_identity = false;
    std::uint32_t guard_gid = 0;
    bool is_dumpable = false;
    bool is_silent = false;  // see start_role()
    std::uint64_t soft_descriptor_limit = 0;
    std::uint64_t hard_descriptor_limit = 0;
    SpawnerKind spawner = SpawnerKind::PosixSpawn;
  };
  struct Callbacks {
    // It can be given to the reactor: connect() it.
    std::function<void(std::uint32_t launcher)> on_ready;
    // It has answered drain().
    std::function<void(std::uint32_t launcher)> on_drained;
    std::function<void(std::uint32_t launcher, std::uint32_t generation)> on_table_taken;
    // It is dead; its children are adopted already.
    std::function<void(std::uint32_t launcher)> on_gone;
    // None of this identity can be started.
    std::function<void(const LauncherFailed&)> on_failed;
    // One was killed before it had become this identity: start() another.
    std::function<void(std::uint32_t identity)> on_killed_early;
    std::function<void(const RunningChild&, const Report&)> on_adopted_exit;
    // What servers of this identity may have as standard error; borrowed.
    std::function<ErrorFileStore::Files(std::uint32_t identity)> error_files;
  };

  LauncherSet(Loop& loop, Timers& timers, Log& log, Settings settings, Callbacks callbacks)
      : loop_(loop),
        timers_(timers),
        log_(log),
        settings_(settings),
        callbacks_(std::move(callbacks)) {}

  // Starts one more launcher of this identity. `table` is borrowed.
  void start(std::uint32_t identity, const std::string& name, int table);
  // New table, forget the older one, retire, stop: to one or all.
  void send_table(std::uint32_t generation, int table);
  void commit_table(std::uint32_t generation);
  void retire(std::uint32_t launcher);
  void stop_all(StopHow how);
  void kill(std::uint32_t launcher, const char* why);
  // One that the reactor will never know: killed, and told as failed.
  void give_up(std::uint32_t launcher, const Error& error);
  // Ends a server: by its launcher, or ourselves when that is dead.
  void end_server(const EndServer& order);

  // A fresh channel for the reactor of this epoch; the launcher drains the old one first and
  // on_drained follows. The reactor's end and the ledger (borrowed). Errors: descriptors.
  struct ReactorEnd {
    std::uint32_t identity = 0;
    UniqueFd channel;
    int ledger = -1;
    UniqueFd queue;  // the launcher's end, where Channel::keeps_peeked(): read when it is dead
  };
  Result<ReactorEnd> connect(std::uint32_t launcher, std::uint32_t epoch);

  // Where to read what servers write to the log: each launcher's, and those of dead ones that
  // somebody may still write to.
  struct ErrorReader {
    std::uint32_t launcher = 0;
    std::uint32_t identity = 0;
    int fd = -1;  // borrowed
  };
  [[nodiscard]] std::optional<ErrorReader> errors_of(std::uint32_t launcher) const;
  // Forgets those of the latter that are over.
  [[nodiscard]] std::vector<ErrorReader> orphaned_errors();

  // For the program that takes our place in this process: what it has to know (borrowed
  // descriptors), and the other way round. Launchers that it gets are old ones: they are given
  // nothing new, and their children are adopted when they leave.
  void save(UpgradeState& state) const;
  void restore(const UpgradeState& state);
  // Old ones leave once they have begun what the reactor of their time has sent.
  void let_old_leave();
  void kill_old();
  [[nodiscard]] std::vector<std::uint32_t> old() const;
  // Whether those that have been started are ready, or will never be.
  [[nodiscard]] bool is_settled() const;
  // One is dead, or about to be, and not collected yet.
  [[nodiscard]] bool has_ended_channel() const;
  // Something that has been said to one has not left yet.
  [[nodiscard]] bool has_backlog() const;

  // To the process group of a server whose launcher is dead.
  static void signal_adopted(const RunningChild& child, int signal);

  // A process has ended: true when it was a launcher of ours.
  bool on_process_end(const Exit& exit);
  // A process has ended that may be an adopted child: reported if it is.
  void on_child_end(const Exit& exit);

  [[nodiscard]] std::vector<std::uint32_t> ready() const;  // ids that connect() may be asked for
  // Launchers of this identity that are not on their way out.
  [[nodiscard]] std::size_t count_of(std::uint32_t identity) const;
  [[nodiscard]] bool has_ready(std::uint32_t identity) const;
  [[nodiscard]] std::vector<RunningChild> adopted() const;
  [[nodiscard]] std::size_t children() const;  // of all launchers and adopted
  [[nodiscard]] std::size_t children_of(const std::set<std::uint32_t>& services) const;
  // Ends launchers of identities that `is_used` denies, once they have no children.
  void retire_unused(const std::function<bool(std::uint32_t identity)>& is_used);
  [[nodiscard]] std::size_t count() const { return all_.size(); }
  [[nodiscard]] std::vector<pid_t> pids() const;
  // Launchers that have ended unexpectedly, since the start.
  [[nodiscard]] std::uint64_t losses() const { return losses_; }

 private:
  struct One {
    std::uint32_t id = 0;
    std::uint32_t identity = 0;
    std::string name;
    pid_t pid = 0;  // 0: it has ended
    Channel channel;
    std::unique_ptr<FdWatcher> watcher;
    UniqueFd ledger_fd;  // the reader's
    LedgerReader ledger;
    UniqueFd errors;  // the reader's end
    std::chrono::milliseconds started{0};
    bool is_ready = false;
    bool is_ending = false;  // its death is expected
    bool is_old = false;     // of the program before this one; is_ending too
  };

  void on_channel(std::uint32_t launcher);
  void on_message(One& one, const Message& message);
  void send_error_files(One& one);
  void send(One& one, MessageType type, const std::string& body, const std::vector<int>& fds = {});
  void watch(One& one);
  static void end(const One& one);
  void fail(One& one, int code, const std::string& step);
  void on_early_end(const One& one, int status);
  void adopt(const One& one);
  void keep_child(const RunningChild& child, bool is_session);
  void watch_session(const RunningChild& child);
  void forget_errors_soon();
  void report_end(const RunningChild& child, const Exit& exit);

  Loop& loop_;
  Timers& timers_;
  Log& log_;
  Settings settings_;
  Callbacks callbacks_;
  std::uint32_t last_id_ = 0;
  std::uint64_t losses_ = 0;
  std::map<std::uint32_t, std::unique_ptr<One>> all_;
  std::unordered_map<pid_t, RunningChild> adopted_;
  std::unordered_set<pid_t> told_to_end_;  // of these
  std::unordered_set<pid_t> sessions_;     // of these: not ours to wait for
  struct EarlyDeaths {
    std::uint32_t count = 0;  // since the last one that has begun
    Timers::Id retry = 0;
  };
  std::unordered_map<std::uint32_t, EarlyDeaths> early_deaths_;  // by identity
  struct Orphaned {
    std::uint32_t launcher = 0;
    std::uint32_t identity = 0;
    UniqueFd errors;
  };
  std::vector<Orphaned> orphaned_;
  Timers::Id errors_check_ = 0;
};

}  // namespace uvinetd
