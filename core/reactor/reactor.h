// SPDX-License-Identifier: ISC
// The reactor: the only process that touches clients, and a disposable one.
//
// What it knows is derived: the table, the sockets and the adopted children come from the monitor,
// the running children from the launchers' ledgers. Start and reload are one path: apply() brings
// what is there to what the table says, from nothing or from the table before. Before the first
// Apply, what comes is made ready, and nothing is polled or accepted.
//
// One turn: the poller's readable sockets (accept, admit, launch), the launchers' reports, the
// monitor's messages, timers. Nothing blocks, and no name is ever looked up.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/channel.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/log_tender.h"
#include "core/base/loop.h"
#include "core/base/open_descriptors.h"
#include "core/base/poller.h"
#include "core/reactor/admission/admission.h"
#include "core/reactor/control/answers.h"
#include "core/reactor/control/control_server.h"
#include "core/reactor/event_log.h"
#include "core/reactor/health/health_checks.h"
#include "core/reactor/ident.h"
#include "core/reactor/kept_connections.h"
#include "core/reactor/launchers.h"
#include "core/reactor/lingering.h"
#include "core/reactor/listener.h"
#include "core/reactor/listener_host.h"
#include "core/reactor/metrics/meter.h"
#include "core/reactor/metrics/metrics_view.h"
#include "core/reactor/name_finder.h"
#include "core/reactor/relay/relays.h"
#include "core/reactor/server_errors.h"
#include "core/reactor/service_logs.h"
#include "core/reactor/sessions.h"
#include "core/reactor/text_source.h"
#include "core/reactor/time_limits.h"
#include "core/reactor/waiting_room.h"
#include "core/reactor/web/web_content.h"
#include "spawn/table.h"
#include "spawn/wire.h"

namespace uvinetd {

class Reactor final : public ListenerHost,
                      public ControlHost,
                      public MetricsView,
                      private WebContent {
 public:
  Reactor(Channel monitor, Poller poller);
  ~Reactor() override;

  // Returns the exit status of the process.
  int run();

  // WebContent, and what the control socket tells too.
  [[nodiscard]] std::unique_ptr<TextSource> metrics_text(bool per_service) const override;

  // ListenerHost
  Poller& poller() override { return poller_; }
  Timers& timers() override { return timers_; }
  Log& log() override { return log_; }
  EventLog& events() override { return events_; }
  Sessions& sessions() override { return sessions_; }
  Meter& meter() override { return meter_; }
  [[nodiscard]] std::chrono::milliseconds now() const override { return loop_.now(); }
  [[nodiscard]] std::uint16_t random_bits() override;
  [[nodiscard]] bool is_accepting() const override { return is_accepting_; }
  [[nodiscard]] bool is_full() const override {
    return global_limit_ != 0 && instances_ >= global_limit_;
  }
  bool has_room(Listener& listener) override;
  LaunchId launch(Listener& listener, const std::vector<Listener*>& sockets) override;
  const char* take_in(Service& service, Visitor& visitor) override;
  const char* refuse_all(Service& service) override;
  void turn_down(const Service& service, Visitor& visitor, std::string_view reason) override;
  bool is_banned(const SocketAddress& peer) override { return admission_.is_banned(peer, now()); }
  void refuse(const Service& service, std::string_view from, std::string_view reason) override {
    meter_.refused(service.counters, reason);
    events_.refused(service, from, reason);
  }
  void pause(Service& service, const char* reason, std::chrono::milliseconds time) override;
  void pause_everything(int code) override;
  void rebind(Listener& listener) override;
  void reconcile_later(Listener& listener) override;

  // ControlHost
  std::unique_ptr<TextSource> answer(const ControlRequest& request) override;
  void ask_monitor(std::uint64_t ticket, const std::string& line) override;
  std::string complete(const ControlRequest& request, std::string line) override;
  void listen(bool on) override;
  void on_dropped(std::uint64_t missed) override;
  // MetricsView
  [[nodiscard]] std::vector<std::uint32_t> service_keys() const override;
  [[nodiscard]] std::optional<ServiceMetrics> service(std::uint32_t key) const override;
  [[nodiscard]] std::optional<QueueLength> queue(std::uint32_t key) const override;
  [[nodiscard]] const Counters& total() const override { return meter_.total(); }
  [[nodiscard]] DaemonMetrics daemon() const override;

 private:
  static constexpr std::string_view kMuxNotAvailable = "-Service not available\r\n";

  // Messages of the monitor (reactor.cc).
  void on_monitor_ready();
  void on_message(Message message);
  void on_start(Message& message);
  Status take_start(const ReactorStart& start, Message& message);
  void on_listeners(Message& message);
  void on_launcher_joined(Message& message);
  void on_launcher_failed(const LauncherFailed& failure);
  void on_monitor_gone();
  void on_bans(const Bans& bans);
  void on_role_facts(const RoleFacts& facts);
  void watch_turns();
  void on_table(const Message& message);
  void cannot_go_on(const Error& error);
  void on_log_target(const LogTargetForm& form, UniqueFd fd);
  void ban(const Service& service, const SocketAddress& peer);
  void tell_bans();
  void tell(MessageType type, const std::string& body);
  void watch_monitor();
  void check_stopped();

  // Another reactor takes the place of this one (reactor_retire.cc).
  void retire();
  void on_retired();
  void on_exited_retired(const Report& report, bool is_from_launcher, UniqueFd connection);
  void leave_if_done(std::chrono::milliseconds next_look);
  void hand_back(Visitor visitor);
  void hand_back(InFlight launch);
  void send_back(ClientBack back, const Service& service, Accepted accepted,
                 const UniqueFd& connection);
  void on_client_back(const ClientBack& back, UniqueFd connection);

  // The table (reactor_table.cc).
  void apply(std::uint32_t generation);
  void take_table();
  void take_arrived(bool is_prepare);
  void apply_service(TableOutline entry);
  void recount(const TableOutline& before, const Service& service);
  void watch_times();
  void apply_listener(Service& service, std::uint32_t key);
  void apply_deferred(std::uint32_t key);
  void settle_group(Service& service);
  void release_group(Service& service);
  void remove_absent(const std::vector<std::uint32_t>& kept_services,
                     const std::vector<std::uint32_t>& kept_listeners);
  void replay_ledgers();
  void adopt(const RunningChild& child);
  void on_access_list(Message& message);
  void forget_unused_rules();
  void forget_if_done(std::uint32_t service);

  // What operators ask for (reactor_control.cc).
  [[nodiscard]] ReactorState state();
  std::unique_ptr<TextSource> kill_servers(const ControlRequest& request);

  // Pauses (reactor_pauses.cc).
  void on_hold(const Hold& hold);
  void settle_hold(Service& service);

  // Clients of the TCP port multiplexer (reactor_mux.cc).
  void note_mux_name(const TableOutline& entry);
  std::string list_mux_names();
  std::string multiplex(const Sessions::Wanted& wanted);
  const char* refuse_without_backlog(Service& service);
  bool has_room_to_hold(std::uint32_t identity);

  // From accept to a launch or a session (reactor_clients.cc).
  const char* serve(Service& service, Visitor& visitor);
  const char* seat(Service& service, Visitor& visitor, Awaited awaited);
  void on_waiting(WaitingRoom::Ticket ticket, Awaited awaited, WaitingRoom::Event event);
  void readmit(WaitingRoom::Ticket ticket);
  void count(Service& service, const Visitor& visitor);
  void uncount(Service& service, const Visitor& visitor);
  void on_name(WaitingRoom::Ticket ticket, const std::optional<std::string>& name);
  void on_ident(WaitingRoom::Ticket ticket, const std::optional<std::string>& user);
  std::optional<Visitor> let_out(WaitingRoom::Ticket ticket);
  void dismiss(WaitingRoom::Ticket ticket, const char* reason);
  void dismiss_stopped();
  void turn_away(Service& service, Visitor& visitor, const char* reason);

  // What clients are told (reactor_ends.cc).
  [[nodiscard]] static bool greet(const Service& service, Visitor& visitor);
  [[nodiscard]] static bool welcome(const Service& service, const Visitor& visitor);
  void linger(const Service& service, UniqueFd connection, std::int32_t pid);

  // Clients that are answered here, and clients of a proxy (reactor_internal.cc).
  [[nodiscard]] std::size_t session_limit() const;
  [[nodiscard]] bool has_session_room() const;
  [[nodiscard]] static bool can_answer(const TableOutline& entry);
  void answer(Service& service, Visitor& visitor);
  LaunchId start_check(std::uint32_t service, UniqueFd socket);
  void on_relay_end(const RelayEnd& ended);
  void session_ended(std::uint32_t service, const SocketAddress& peer);
  void on_first_byte(std::uint32_t service, Accepted accepted);
  void read_header(WaitingRoom::Ticket ticket);

  // WebContent: what the built-ins that speak HTTP tell (reactor_web.cc).
  [[nodiscard]] DaemonStatus daemon_status() const override;
  [[nodiscard]] bool fill_in(std::uint32_t key, ServiceStatus& out) const override;
  [[nodiscard]] std::vector<ServerStatus> servers(std::size_t most) const override;
  [[nodiscard]] std::string host_name() const override;

  // Launches and what becomes of them (reactor_launches.cc).
  InFlight new_launch(const Service& service, std::uint32_t listener);
  LaunchId launch_for(Service& service, std::uint32_t listener, UniqueFd connection,
                      const Client& client, Accepted accepted);
  void on_report(Report& report, std::optional<InFlight> launch);
  void on_started(const Report& report, const std::optional<InFlight>& launch);
  void on_failed(const Report& report, InFlight launch);
  void on_exited(const Report& report, bool is_from_launcher);
  [[nodiscard]] static std::chrono::nanoseconds run_time(const Report& report);
  void on_settled(InFlight launch, Settled settled, std::int32_t pid);
  void give_up(const InFlight& launch, const std::string& reason, bool is_certain);
  void instance_ended(Service& service);
  void on_timeout(LaunchId id, const char* reason);
  void end_server(LaunchId id, int signal);
  [[nodiscard]] ServerErrors::Names error_names();
  void after_end(std::uint32_t service, std::uint32_t listener);
  void hold(InFlight launch);
  void submit_held(std::uint32_t identity);
  void retry_later(InFlight launch);
  void wake(std::vector<std::uint32_t>& starved);

  void on_poller_ready();
  void note_work();
  Service* find_service(std::uint32_t key);
  Listener* find_listener(std::uint32_t key);
  // Who is to hear of a launch; null: nobody any more.
  LaunchOwner* find_owner(std::uint32_t service, std::uint32_t listener);

  Loop loop_;
  Timers timers_{loop_};
  Channel monitor_;
  Poller poller_;
  Log log_;
  LogTender log_tender_{timers_, log_, [this] { tell(MessageType::LogLost, ""); }};
  ServiceLogs service_logs_{timers_, log_, [this] { tell(MessageType::LogLost, "services"); }};
  EventLog events_{timers_, log_, service_logs_};
  std::minstd_rand random_;
  Meter meter_;
  LoopMetrics turns_;
  std::vector<RoleMetrics> roles_;  // as the monitor has told last
  OpenDescriptors descriptors_ = OpenDescriptors::of_self();

  Table table_;
  Table next_table_;
  std::unordered_map<std::uint32_t, UniqueFd> next_fds_;  // sockets that came since the last apply
  std::unordered_map<std::uint32_t, std::unique_ptr<Service>> services_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Listener>> listeners_;
  std::map<std::string, std::uint32_t> mux_services_;  // by the multiplexer's name, in lower case
  std::unordered_map<LaunchId, Running> running_;
  std::unordered_map<std::uint32_t, std::vector<InFlight>> held_;  // by identity; waits for room
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> starved_;  // listeners, by identity
  std::vector<std::uint32_t> starved_globally_;
  std::vector<std::uint32_t> starved_for_sessions_;
  std::set<std::shared_ptr<InFlight>> retrying_;  // launches that wait for a timer
  std::vector<RunningChild> adopted_early_;       // told before the first table
  // Until the first Apply: the service of each socket, by the socket's key.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> owners_;
  Admission admission_;
  KeptConnections kept_connections_;
  LingeringConnections lingering_{loop_, timers_};
  TimeLimits time_limits_{timers_,
                          kept_connections_,
                          {[this](LaunchId id, const char* reason) { on_timeout(id, reason); },
                           [this](LaunchId id, int signal) { end_server(id, signal); }}};
  std::vector<WireBan> untold_bans_;
  Timers::Id ban_timer_ = 0;

  std::unique_ptr<FdWatcher> poller_watcher_;
  std::unique_ptr<FdWatcher> monitor_watcher_;
  Sessions sessions_;
  Relays relays_;
  HealthChecks health_;
  WaitingRoom waiting_room_;
  NameFinder names_;
  IdentClients idents_;
  Launchers launchers_;
  ServerErrors errors_;
  ControlServer control_{loop_, timers_, *this};
  std::map<std::string, HoldHow> holds_;  // by the id of the service

  const std::chrono::nanoseconds began_ = monotonic_now();
  std::uint32_t epoch_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint32_t instances_ = 0;  // running and starting, all services
  std::uint32_t global_limit_ = 0;
  std::chrono::milliseconds exhausted_pause_{0};
  std::chrono::milliseconds last_exhausted_{0};
  bool is_exhausted_ = false;
  bool has_applied_ = false;
  bool is_accepting_ = false;
  bool is_stopping_ = false;
  bool is_retiring_ = false;  // another reactor has the sockets
  bool is_retired_ = false;   // and nothing of this one is in a launcher's hands
  bool is_monitor_gone_ = false;
  bool is_busy_ = false;  // work since the last Ping
  bool is_active_told_ = false;
  int exit_status_ = 0;
};

}  // namespace uvinetd
