// SPDX-License-Identifier: ISC
// The launcher: one process per identity, which starts servers, reaps them and reports.
//
// It trusts the reactor for *when*, never for *what*: a request names a service by number, and the
// launcher knows from the monitor's table what that is. It owns few descriptors (two channels, the
// ledger's memory and the connections in its hands), because the cost of a spawn grows with them.
//
// One turn of its loop: read the monitor, start what the reactor asks for, reap, report. A launch
// stays in the channel until its server has been started: if this process dies first, the reactor
// finds it there.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/base/channel.h"
#include "spawn/error_outputs.h"
#include "spawn/launch_plan.h"
#include "spawn/ledger.h"
#include "spawn/reaper.h"
#include "spawn/report_queue.h"
#include "spawn/spawner.h"
#include "spawn/table.h"
#include "spawn/wakeups.h"
#include "spawn/wire.h"
#include "spawn/zygotes.h"

namespace uvinetd {

inline constexpr mode_t kUsualUmask = 022;

class Launcher {
 public:
  // `monitor` is the channel the process was born with.
  explicit Launcher(Channel monitor) : monitor_(std::move(monitor)) {}

  // Returns the exit status of the process, when the monitor says so or, once the monitor is gone,
  // when the reactor is gone too and the last child has ended.
  int run();

 private:
  // Which servers end with the daemon: those of `wait` sockets, and as the last one that which has
  // a channel to the monitor, for what the others say goes there.
  enum class Ends : std::uint8_t { ByItself, WithDaemon, Last };

  struct Child {
    pid_t pid = 0;
    std::uint32_t slot = 0;
    Report exit;  // filled in when it ends; kept while its session lingers
    Ends ends = Ends::ByItself;
    bool is_prompt = false;  // the reactor waits for its end
    bool is_told_to_end = false;
  };

  void turn();
  [[nodiscard]] Wakeups::Until what_wakes();
  void make_zygotes();
  [[nodiscard]] bool starts_as_before(std::uint32_t service) const;

  void read_monitor();
  void on_monitor_message(Message message);
  void on_start(Message& message);
  Status take_start(const LauncherStart& start, Message& message);
  Status take_on(const TableIdentity& who, const LauncherStart& start);
  void on_table(Message& message);
  void on_reactor_channel(Message& message);
  void on_stop(StopHow how);
  void take_all_launches();
  void tell_monitor(MessageType type, const std::string& body);

  void read_reactor(int most);
  bool waits_for_descriptors();
  // What peek() has given; it is taken off the channel here.
  void on_launch(Message& message, bool lacks_descriptors);
  void tell_failure(Report report, const std::vector<UniqueFd>& fds);
  // Errors: the report's step and code.
  Status start(const Launch& launch, Message& message);
  // With listen_fds: all sockets of the service (launcher_sockets.cc).
  Status start_with_sockets(LaunchPlan& plan, const Launch& launch,
                            const std::vector<UniqueFd>& sockets);
  // What the plan says is added to the request. The slot is freed on error, here and below.
  Status spawn(LaunchPlan& plan, const Launch& launch, std::uint32_t slot, SpawnRequest& request);
  Status start_cold(LaunchPlan& plan, const Launch& launch, std::uint32_t slot, int fd);
  // Whether a zygote has taken it.
  bool start_warm(LaunchPlan& plan, const Launch& launch, std::uint32_t slot, UniqueFd& fd);
  // Why servers of this service cannot be started warm; null: they can.
  [[nodiscard]] const char* why_cold(LaunchPlan& plan) const;
  bool may_be_warm(LaunchPlan& plan);
  void tell_cold(std::uint32_t service, std::string reason);
  void on_unborn(WarmLaunch warm);
  [[nodiscard]] static Ends ending_of(const TableService& service);
  void began(const Launch& launch, std::uint32_t slot, pid_t pid, Ends ends, bool is_prompt);
  LaunchPlan* plan_for(std::uint32_t service);

  void reap();
  void on_exit(Child child, const Exit& exit);
  void check_lingering();
  void ended(Child& child);
  void end_server(const EndServer& order);
  void signal_children(int signal, bool (*is_meant)(const Child&));
  void flush_reports() { reports_.flush(reactor_, ledger_.get()); }

  Channel monitor_;
  Channel reactor_;
  std::unique_ptr<Spawner> spawner_;  // as LauncherStart says
  std::unique_ptr<LedgerWriter> ledger_;
  std::uint32_t identity_ = 0;
  TableIdentity who_;
  UniqueFd group_;  // cgroup.procs of the control group that servers join
  Table table_;
  Table older_table_;  // until TableCommit: services of the table that is being replaced
  std::unordered_map<std::uint32_t, std::unique_ptr<LaunchPlan>> plans_;
  std::unordered_map<pid_t, Child> children_;
  std::vector<Child> lingering_;
  std::size_t prompt_children_ = 0;
  ReportQueue reports_;
  Wakeups wakeups_;
  ConnectionEnvironment connection_;
  const std::string zygote_library_ = zygote_library();  // found while /proc may be read
  ErrorOutputs errors_;
  std::optional<Zygotes> zygotes_;        // from LauncherStart on
  std::vector<int> zygote_fds_;           // that wake us
  bool is_short_of_descriptors_ = false;  // launches stand in the channel
  std::optional<std::chrono::nanoseconds> short_since_;
  bool is_monitor_gone_ = false;
  bool is_leaving_ = false;  // once all launches are begun
  bool is_finished_ = false;
  int exit_status_ = 0;
};

}  // namespace uvinetd
