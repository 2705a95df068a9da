// SPDX-License-Identifier: ISC
// The monitor: reads the configuration, owns every socket, starts, watches and replaces the other
// roles, acts on signals. It never reads a byte from the network.
//
// A table is published in three steps, at start and at every change: the launchers take it, then
// the reactor applies it, then the older one is forgotten and sockets that nobody wants are closed.
//
//     publish() --TableTaken of all--> tell_reactor() --Applied--> committed()
//
// At start the first table is made before the sockets are bound, and each goes to the reactor as
// soon as it is: so the reactor has its listeners ready by the time that the last is bound, and
// polls none of them before that.
//
// A change that comes meanwhile is published afterwards. A role that does not answer in time is
// killed and replaced, which is the same path as when it dies by itself.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/base/ban_list.h"
#include "core/base/log.h"
#include "core/base/loop.h"
#include "core/base/open_descriptors.h"
#include "core/base/process.h"
#include "core/config/load/loader.h"
#include "core/control/request.h"
#include "core/monitor/account.h"
#include "core/monitor/control_listener.h"
#include "core/monitor/daemonise.h"
#include "core/monitor/descriptor_store.h"
#include "core/monitor/error_file_store.h"
#include "core/monitor/file_watch.h"
#include "core/monitor/inherited_sockets.h"
#include "core/monitor/launcher_set.h"
#include "core/monitor/log_keeper.h"
#include "core/monitor/options.h"
#include "core/monitor/pid_file.h"
#include "core/monitor/reactor_role.h"
#include "core/monitor/readiness.h"
#include "core/monitor/reload_diff.h"
#include "core/monitor/role.h"
#include "core/monitor/rpc_registrar.h"
#include "core/monitor/service_store.h"
#include "core/monitor/sockets.h"
#include "core/monitor/syslog_keeper.h"
#include "core/monitor/table_builder.h"
#include "core/monitor/upgrade/upgrade_check.h"
#include "core/monitor/upgrade/upgrade_state.h"

namespace uvinetd {

// Everything that was settled before the loop exists.
struct MonitorStart {
  CommandLine options;
  LoadOptions load;
  LoadedConfig config;
  RoleBinaries binaries;
  std::optional<PidFile> pid_file;
  StartReport report;  // the process that started a daemon waits for it
  bool is_daemon = false;
  std::vector<std::string> environment;  // our own, for servers that are to have it
  ReactorAccount account;
  InheritedSockets inherited;
  // For the program that takes our place: as we were started, and where.
  std::vector<std::string> argv;
  std::string directory;
  // What the program before this one has left, if we take its place; and why the one that was to do
  // so could not, if we are that one again.
  std::optional<UpgradeState> resumed;
  std::string resume_failure;
  std::vector<std::string> problems;  // of the configuration, to be told by the log
};

// How servers that run are brought to their end, one step after the other.
enum class DrainStep : std::uint8_t { Wait, Terminate, Kill };

class Monitor {
 public:
  Monitor(MonitorStart start, Log& log);
  ~Monitor();

  // Serves until told to stop. Returns the exit status.
  int run();

 private:
  // Start, ready (monitor.cc).
  void begin();
  void let_go_of_inherited();
  bool bind_everything();
  void on_ready();
  void fail_start(const std::string& reason);
  [[nodiscard]] std::string summary() const;
  // What is not served as it should be, in words: roles that do not start.
  [[nodiscard]] std::vector<std::string> troubles() const;
  [[nodiscard]] std::string status_text_now() const;
  void tell_troubles();
  static constexpr std::chrono::milliseconds kSettled{1'000};  // a reactor, after its first Applied
  [[nodiscard]] std::chrono::milliseconds restart_delay(bool had_applied) const;

  // Stop (monitor_stop.cc).
  void stop(bool at_once);
  void stop_after(std::chrono::milliseconds drain);
  void on_reactor_stopped();
  void stop_servers(StopHow how);
  void drain(DrainStep step);
  void hurry_drain();
  void look_at_drain();
  void finish();
  [[nodiscard]] std::set<std::uint32_t> log_keys() const;
  void end_logs(const std::set<std::uint32_t>& keys, int looks);
  void leave_if_alone();
  // Those that were no upgrade.
  [[nodiscard]] std::uint32_t reactor_restarts() const {
    return epoch_ > upgrades_ ? epoch_ - upgrades_ - 1 : 0;
  }

  // Signals (monitor.cc).
  void on_child();
  void write_state();

  // Configuration (monitor_reload.cc).
  void reload();
  // For logrotate and the like: all logs of all roles, and the files that servers have as stderr.
  void reopen_logs();
  void serve_own_log();
  void tell_syslog_sockets();
  void take_config(LoadedConfig config);
  Status make_table();
  void publish();
  void on_table_taken(std::uint32_t launcher, std::uint32_t generation);
  void tell_reactor();
  void on_applied(std::uint32_t generation);
  void committed();
  [[nodiscard]] bool has_to_retry() const;
  void arm_retry();
  void keep_sockets();
  void on_retry();
  void tell_access_problems();
  void on_rule_files_changed();

  // The control socket (monitor_control.cc).
  void open_control();
  void send_control();
  void on_control(const ControlText& ask);
  void reply(std::uint64_t ticket, std::string line, bool is_last);
  void done(std::uint64_t ticket);
  void tell(const Event& event);
  void refuse(std::uint64_t ticket, std::string_view code, std::string message);
  [[nodiscard]] nlohmann::json status_json() const;
  void show_service(std::uint64_t ticket, const std::string& id);
  void hold(std::uint64_t ticket, const std::string& id, HoldHow how);
  [[nodiscard]] bool is_service(const std::string& id);
  void pack_soon();
  void change_ban(std::uint64_t ticket, const ControlRequest& request);
  void answer_reload(const Diagnostics& problems);

  // Upgrade in place (monitor_upgrade.cc).
  void upgrade(std::uint64_t ticket);
  void refuse_upgrade(const std::vector<std::string>& why);
  static constexpr int kFlushTries = 200;
  [[nodiscard]] bool is_quiet() const;
  void swap_when_quiet(int tries = kFlushTries);
  [[nodiscard]] UpgradeState upgrade_state() const;
  void swap();
  void resume();
  using PastReactors = std::vector<std::unique_ptr<ReactorRole>>;
  ReactorRole* add_past_reactor(const SavedRole& role);
  [[nodiscard]] PastReactors::iterator find_past(pid_t pid);
  void watch_hand_over();
  void hand_over();
  void answer_upgrade();
  void on_giver_stopped();
  void open_if_handed_over();
  void on_past_message(pid_t pid, const Message& message);
  void take_client_back(const Message& message);
  void send_clients_back();
  bool on_past_end(pid_t pid);
  void tell_upgraded();

  // Roles (monitor_roles.cc).
  void start_reactor();
  void on_reactor_message(const Message& message);
  void on_reactor_end(const Exit& exit);
  void connect_launcher(std::uint32_t launcher, bool must_drain);
  void send_errors(const LauncherSet::ErrorReader& errors);
  void on_drained(std::uint32_t launcher);
  void on_launcher_gone(std::uint32_t launcher);
  void open_reactor_if_drained();
  void need_launcher(std::uint32_t identity, std::size_t known);
  void replace_launcher(std::uint32_t identity);
  void start_launchers_ahead();
  void on_adopted_exit(const RunningChild& child, const Report& report);
  void keep_bans(const Bans& bans);
  void tell_bans();
  void need_resolver();
  void start_resolver();
  [[nodiscard]] std::chrono::milliseconds in_patience(std::chrono::milliseconds time) const;
  void ping_after(std::chrono::milliseconds delay);
  void ping();
  void role_facts_changed();
  void tell_role_facts();
  [[nodiscard]] ReactorStart reactor_start() const;
  [[nodiscard]] bool has_identity(std::uint32_t identity) const;
  [[nodiscard]] std::string identity_name(std::uint32_t identity) const;

  MonitorStart start_;
  Log& log_;
  Loop loop_;
  Timers timers_{loop_};
  Readiness readiness_;
  DescriptorStore store_;
  Sockets sockets_;
  RpcRegistrar rpc_{loop_, timers_, log_, [this] { leave_if_alone(); }};
  ErrorFileStore error_files_{log_};
  SyslogKeeper syslogs_{loop_, timers_, log_, [this] { publish(); }};
  TableBuilder builder_;
  FileWatch rule_files_{loop_, timers_, [this] { on_rule_files_changed(); }};
  std::optional<RoleProcess> resolver_;
  std::optional<std::chrono::milliseconds> resolver_start_;  // of the last one
  std::uint64_t resolver_starts_ = 0;
  std::unique_ptr<LauncherSet> launchers_;
  std::unique_ptr<ReactorRole> reactor_;
  std::vector<std::unique_ptr<SignalWatcher>> signals_;

  // What is configured and what is published.
  ServiceStore services_;
  std::vector<ServiceSpec> unresolved_;
  DaemonSettings daemon_;    // those in force since the start
  Diagnostics diagnostics_;  // of the running table: their errors are known
  std::size_t left_out_ = 0;
  std::vector<TableIdentity> identities_;
  UniqueFd table_;
  std::uint32_t generation_ = 0;
  bool is_publishing_ = false;
  bool is_table_due_ = false;  // it could not be made: another try follows
  bool is_republish_due_ = false;
  bool is_reload_due_ = false;
  std::optional<ReloadDiff> reload_;                  // of the reload under way, for its log line
  std::unordered_set<std::uint32_t> awaited_tables_;  // launchers that have not taken the table
  Timers::Id publish_deadline_ = 0;
  Timers::Id retry_timer_ = 0;
  std::chrono::milliseconds retry_delay_{1000};

  // The reactor's life.
  std::uint32_t epoch_ = 0;
  std::unordered_set<std::uint32_t> awaited_drains_;
  Timers::Id drain_deadline_ = 0;
  // Adopted children that ended while no reactor could be told.
  std::vector<std::pair<RunningChild, Report>> untold_exits_;
  static constexpr std::uint32_t kQuickDeathsToTell = 3;
  std::uint32_t quick_deaths_ = 0;                // one after the other
  std::chrono::milliseconds reactor_applied_{0};  // when it first did
  Timers::Id settled_timer_ = 0;
  std::uint32_t reactor_uid_ = 0;
  std::uint32_t reactor_gid_ = 0;
  std::uint32_t global_instances_ = 0;
  BanList bans_;
  ControlListener control_;
  Timers::Id pack_timer_ = 0;
  std::map<std::string, HoldHow> holds_;       // what operators have paused, by id
  std::vector<std::uint64_t> reload_asks_;     // tickets that wait for a reload to begin
  std::vector<std::uint64_t> reload_answers_;  // ... and for the one under way
  std::chrono::milliseconds began_ = loop_.now();
  Timers::Id ping_timer_ = 0;
  Timers::Id pong_deadline_ = 0;
  OpenDescriptors descriptors_ = OpenDescriptors::of_self();
  Timers::Id facts_timer_ = 0;

  // An upgrade: asked for, and from the program before.
  std::unique_ptr<UpgradeCheck> upgrade_check_;
  std::vector<std::uint64_t> upgrade_asks_;  // tickets
  bool is_upgrade_due_ = false;              // after the one under way
  bool is_swap_due_ = false;
  std::optional<SignalsBlocked> swap_guard_;  // from the decision to the exec
  std::uint32_t upgrades_ = 0;
  PastReactors past_reactors_;
  std::vector<RoleProcess> past_resolvers_;
  ReactorRole* giver_ = nullptr;  // of those, the one whose place is being taken
  Timers::Id giver_deadline_ = 0;
  std::vector<std::pair<std::string, UniqueFd>> clients_back_;  // ClientBack
  bool is_handing_over_ = false;                                // the new reactor may not begin yet
  bool is_retire_sent_ = false;
  bool has_hello_ = false;  // of the reactor

  LogKeeper logs_;
  std::set<std::uint32_t> failed_identities_;  // not started again before their time-out
  std::set<std::uint32_t> broken_identities_;  // none has been started since one failed
  bool is_binding_ = false;                    // at start: the reactor may not begin yet
  bool is_ready_ = false;
  bool is_stopping_ = false;
  bool is_log_ended_ = false;  // that which we keep ourselves
  bool is_empty_ = false;      // while draining: no server was left at the last look
  std::optional<std::chrono::milliseconds> drain_time_;  // asked for
  std::optional<DrainStep> drain_step_;                  // draining
  std::chrono::milliseconds drain_step_end_{0};
  Timers::Id drain_timer_ = 0;
  bool has_reactor_stopped_ = false;  // nothing that it has accepted is without its server
  bool is_finishing_ = false;
  int exit_status_ = 0;
};

}  // namespace uvinetd
