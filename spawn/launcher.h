// SPDX-License-Identifier: ISC
// The launcher: one process per identity, which starts servers, reaps them and reports.
//
// It trusts the reactor for *when*, never for *what*: a request names a service by number, and the
// launcher knows from the monitor's table what that is. It owns few descriptors (two channels, the
// ledger's memory and the connections in its hands), because the cost of a spawn grows with them.
//
// One turn of its loop: reap, read the monitor, start what the reactor asks for, report in one
// packet. It sleeps only in pselect(2), where alone signals are let in.
#pragma once

#include <csignal>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/base/channel.h"
#include "spawn/launch_plan.h"
#include "spawn/ledger.h"
#include "spawn/reaper.h"
#include "spawn/spawner.h"
#include "spawn/table.h"
#include "spawn/wire.h"

namespace uvinetd {

class Launcher {
 public:
  // `monitor` is the channel the process was born with.
  explicit Launcher(Channel monitor) : monitor_(std::move(monitor)) {}

  // Returns the exit status of the process, when the monitor says so or, once the monitor is gone,
  // when the reactor is gone too and the last child has ended.
  int run();

 private:
  struct Child {
    pid_t pid = 0;
    std::uint32_t slot = 0;
    Report exit;  // filled in when it ends; kept while its session lingers
    bool is_wait = false;
  };

  void turn();
  void sleep(const sigset_t& while_asleep);

  void read_monitor();
  void on_monitor_message(Message message);
  void on_start(Message& message);
  Status take_start(const LauncherStart& start, Message& message);
  void on_table(Message& message);
  void on_reactor_channel(Message& message);
  void on_stop(StopHow how);
  void tell_monitor(MessageType type, const std::string& body);

  void read_reactor(int most);
  void on_launch(Message& message, bool lacks_descriptors);
  // Errors: the report's step and code.
  Result<Report> start(const Launch& launch, const Message& message);
  LaunchPlan* plan_for(std::uint32_t service);

  void reap();
  void on_exit(Child child, const Exit& exit);
  void check_lingering();
  void signal_children(int signal, bool wait_only);
  void flush_reports();

  Channel monitor_;
  Channel reactor_;
  std::unique_ptr<Spawner> spawner_;  // as LauncherStart says
  std::unique_ptr<LedgerWriter> ledger_;
  std::uint32_t identity_ = 0;
  TableIdentity who_;
  Table table_;
  Table older_table_;  // until TableCommit: services of the table that is being replaced
  std::unordered_map<std::uint32_t, std::unique_ptr<LaunchPlan>> plans_;
  std::unordered_map<pid_t, Child> children_;
  std::vector<Child> lingering_;
  std::vector<Report> reports_;             // not sent yet
  std::vector<std::uint32_t> ended_slots_;  // free when the reports have left
  ConnectionEnvironment connection_;
  bool is_monitor_gone_ = false;
  bool is_finished_ = false;
  int exit_status_ = 0;
};

}  // namespace uvinetd
