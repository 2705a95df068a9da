// SPDX-License-Identifier: ISC
#include "spawn/launcher.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/clock.h"
#include "core/base/process.h"
#include "spawn/identity_box.h"

namespace uvinetd {
namespace {

constexpr int kLaunchesPerTurn = 16;  // then children are reaped and reports go out
constexpr std::chrono::milliseconds kDescriptorCheck{20};
constexpr auto kLingerCheck = std::chrono::seconds(1);

}  // namespace

int Launcher::run() {
  wakeups_.begin();
  tell_monitor(MessageType::Hello, print(Hello{"launcher", kWireVersion, std::string(build_id())}));
  while (!is_finished_) {
    turn();
    if (is_finished_) break;
    const bool is_idle =
        children_.empty() && lingering_.empty() && !(zygotes_ && zygotes_->has_unborn());
    if (is_monitor_gone_ && !reactor_.is_open() && is_idle) break;
    wakeups_.sleep(monitor_, reactor_, what_wakes());
  }
  flush_reports();
  return exit_status_;
}

// What a client waits for comes first.
void Launcher::turn() {
  if (wakeups_.is_monitor_ready()) read_monitor();
  read_reactor(kLaunchesPerTurn);
  if (zygotes_) zygotes_->collect(monotonic_now());
  const bool is_due = reports_.is_due(monotonic_now());
  if (Wakeups::take_child_end() || is_due) reap();
  if (!lingering_.empty()) check_lingering();
  if (is_due || reactor_.has_backlog() || reports_.is_due(monotonic_now())) flush_reports();
  if (is_leaving_ && !(zygotes_ && zygotes_->has_unborn())) is_finished_ = true;
}

Wakeups::Until Launcher::what_wakes() {
  Wakeups::Until until;
  const auto at_most = [&](std::chrono::nanoseconds time) {
    until.time = std::max(std::min(time, until.time.value_or(time)), std::chrono::nanoseconds(0));
  };
  if (!lingering_.empty()) at_most(kLingerCheck);
  if (is_short_of_descriptors_) at_most(kDescriptorCheck);
  if (reports_.is_waiting()) at_most(reports_.due() - monotonic_now());
  zygote_fds_.clear();
  if (zygotes_) {
    const auto now = monotonic_now();
    std::optional<std::chrono::nanoseconds> time;
    zygotes_->wakers(zygote_fds_, time, now);
    if (time) at_most(*time - now);
  }
  until.others = zygote_fds_;
  until.hears_reactor = !is_short_of_descriptors_;
  // Ends that nobody waits for are collected when the reports go out.
  until.hears_children = !reports_.is_waiting() || prompt_children_ != 0;
  return until;
}

void Launcher::tell_monitor(MessageType type, const std::string& body) {
  // A monitor that is gone is noticed by reading.
  (void)monitor_.send(static_cast<std::uint16_t>(type), body);
}

// ---- the monitor's side ----------------------------------------------------------------------

void Launcher::read_monitor() {
  (void)monitor_.flush();
  while (!is_monitor_gone_ && !is_finished_) {
    auto received = monitor_.receive();
    switch (received.event) {
      case Channel::Event::Message:
        on_monitor_message(std::move(received.message));
        break;
      case Channel::Event::Nothing:
        return;
      case Channel::Event::TooFewDescriptors:
        // Lost: who waits for an answer to it replaces us in time.
        if (ledger_ != nullptr) break;
        [[fallthrough]];  // nobody can start like this
      case Channel::Event::Closed:
      case Channel::Event::Malformed:
        is_monitor_gone_ = true;
        monitor_.close();
        return;
    }
  }
}

void Launcher::on_monitor_message(Message message) {
  switch (static_cast<MessageType>(message.type)) {
    case MessageType::LauncherStart:
      return on_start(message);
    case MessageType::Table:
      return on_table(message);
    case MessageType::TableCommit:
      older_table_ = Table();
      errors_.drop_older();
      plans_.clear();  // some may be of services that only the older one had
      return;
    case MessageType::ReactorChannel:
      return on_reactor_channel(message);
    case MessageType::EndServer:
      if (const auto order = parse_as<EndServer>(message.body)) end_server(*order);
      return;
    case MessageType::ErrorSocket:
      if (message.fds.size() == 1) errors_.set_socket(std::move(message.fds[0]));
      return;
    case MessageType::ErrorFiles:
      if (const auto files = parse_as<ErrorFiles>(message.body)) errors_.take(*files, message);
      return;
    case MessageType::StopLauncher:
      if (const auto stop = parse_as<StopLauncher>(message.body)) on_stop(stop->how);
      return;
    default:
      return;  // of a later version
  }
}

void Launcher::on_start(Message& message) {
  const auto start = parse_as<LauncherStart>(message.body);
  LauncherStarted answer;
  const auto status =
      start ? take_start(*start, message) : Status(fail("LauncherStart", {}, EPROTO));
  if (!status) {
    answer.code = status.error().code;
    answer.step = status.error().op;
    is_finished_ = true;
    exit_status_ = 1;
  }
  tell_monitor(MessageType::LauncherStarted, print(answer));
}

Status Launcher::take_start(const LauncherStart& start, Message& message) {
  if (message.fds.size() != 2) return fail("LauncherStart", {}, EBADF);
  auto table = Table::map(message.fds[0].get());
  if (!table) return tl::unexpected(table.error());
  auto ledger = LedgerWriter::map(message.fds[1].get());
  if (!ledger) return tl::unexpected(ledger.error());
  auto spawner = make_spawner(start.spawner);
  if (!spawner) return tl::unexpected(spawner.error());
  const auto who = table->identity(start.identity);
  if (!who) return fail("identity", std::to_string(start.identity), ENOENT);
  const rlimit limit{start.soft_descriptor_limit, start.hard_descriptor_limit};
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return fail_errno("setrlimit");
  umask(kUsualUmask);
  if (!who->box.is_default()) (void)errors_.null_device();
  if (auto status = take_on(*who, start); !status) return status;
  set_dumpable(start.is_dumpable);
  become_subreaper();
  identity_ = start.identity;
  who_ = *who;
  table_ = std::move(*table);
  errors_.begin_table();
  ledger_ = std::make_unique<LedgerWriter>(std::move(*ledger));
  ledger_->set_spawner(start.spawner);
  spawner_ = std::move(*spawner);
  make_zygotes();
  return {};
}

Status Launcher::take_on(const TableIdentity& who, const LauncherStart& start) {
  const auto& box = *who.box;
  auto group = enter_box(box);
  if (!group) return tl::unexpected(group.error());
  group_ = std::move(*group);
  if (start.becomes_identity) {
    const bool keeps = who.uid != 0 && box.ambient != 0;
    if (auto status = become({who.uid, who.gid, who.groups, start.guard_gid, keeps}); !status) {
      return status;
    }
  }
  return seal_box(box, who.uid);
}

void Launcher::make_zygotes() {
  Zygotes::Callbacks callbacks;
  callbacks.is_server = [this](pid_t pid) { return children_.contains(pid); };
  callbacks.on_born = [this](const WarmLaunch& warm, pid_t pid) {
    began(warm.launch, warm.slot, pid, Ends::ByItself, warm.is_prompt);
  };
  callbacks.on_unborn = [this](WarmLaunch warm) { on_unborn(std::move(warm)); };
  callbacks.on_cold = [this](std::uint32_t service, std::string reason) {
    tell_cold(service, std::move(reason));
  };
  zygotes_.emplace(*spawner_, zygote_library_, std::move(callbacks));
}

// Whether servers of this service would be started as by the older table.
bool Launcher::starts_as_before(std::uint32_t service) const {
  const auto before = older_table_.is_open() ? older_table_.service(service) : std::nullopt;
  const auto now = table_.service(service);
  return before && now && before->identity == now->identity && before->program == now->program &&
         before->argv == now->argv && before->working_directory == now->working_directory &&
         before->umask == now->umask && before->passes_environment == now->passes_environment &&
         before->environment == now->environment && before->warm == now->warm &&
         before->process == now->process && !errors_.is_replaced(now->process->stdio.file) &&
         before->socket_type == now->socket_type;
}

void Launcher::on_table(Message& message) {
  const auto generation = parse_as<Generation>(message.body);
  if (!generation || message.fds.size() != 1) return;
  auto table = Table::map(message.fds[0].get());
  if (!table) return;  // not acknowledged: the monitor replaces this launcher
  older_table_ = std::move(table_);
  table_ = std::move(*table);
  errors_.begin_table();
  bool is_same_environment = true;
  if (const auto who = table_.identity(identity_)) {
    is_same_environment =
        who->environment == who_.environment && who->passed_environment == who_.passed_environment;
    who_ = *who;
  }
  if (zygotes_) {
    zygotes_->keep_if(
        [&](std::uint32_t service) { return is_same_environment && starts_as_before(service); });
  }
  plans_.clear();
  tell_monitor(MessageType::TableTaken, print(*generation));
}

// The old reactor is dead or has let go: what it had sent is started first, so that nothing that
// a client was promised is lost, then its successor is served.
void Launcher::on_reactor_channel(Message& message) {
  const auto epoch = parse_as<Epoch>(message.body);
  if (!epoch || message.fds.size() != 1) return;
  take_all_launches();
  reactor_ = Channel(std::move(message.fds[0]));
  reports_.hurry();
  if (ledger_) ledger_->restart_count();
  tell_monitor(MessageType::Drained, print(*epoch));
}

void Launcher::take_all_launches() {
  while (reactor_.is_open()) {
    auto received = reactor_.peek();
    if (received.event == Channel::Event::Message) {
      on_launch(received.message, false);
    } else if (received.event == Channel::Event::TooFewDescriptors) {
      on_launch(received.message, true);
    } else {
      return;
    }
  }
}

void Launcher::on_stop(StopHow how) {
  switch (how) {
    case StopHow::EndWaitServers:
      return signal_children(SIGTERM,
                             [](const Child& child) { return child.ends == Ends::WithDaemon; });
    case StopHow::TerminateAll:
      return signal_children(SIGTERM, [](const Child& child) { return child.ends != Ends::Last; });
    case StopHow::KillAll:
      if (zygotes_) zygotes_->end_all();
      return signal_children(SIGKILL, [](const Child& child) { return child.ends != Ends::Last; });
    case StopHow::LeaveNow:
      is_finished_ = true;
      return;
    case StopHow::LeaveWhenDone:
      take_all_launches();
      // Ends from now on stand in the ledger, for whoever has the children then.
      flush_reports();
      reactor_.close();
      is_leaving_ = true;
      return;
  }
}

// Only a child of ours, with all of its process group. One that goes on after a signal as HUP is
// not looked upon as told to end.
void Launcher::end_server(const EndServer& order) {
  const auto end = [&](Child& child) {
    if (child.exit.id != order.id) return;
    child.is_told_to_end |= order.signal == SIGTERM || order.signal == SIGKILL;
    kill(-child.pid, order.signal);
  };
  for (auto& [pid, child] : children_) end(child);
  for (auto& child : lingering_) end(child);
}

void Launcher::signal_children(int signal, bool (*is_meant)(const Child&)) {
  const auto tell = [&](const Child& child) {
    if (is_meant(child)) kill(-child.pid, signal);
  };
  for (const auto& [pid, child] : children_) tell(child);
  for (const auto& child : lingering_) tell(child);
}

// ---- children --------------------------------------------------------------------------------

void Launcher::reap() {
  if (!zygotes_) return;  // no child yet
  while (const auto exit = reap_one()) {
    auto known = children_.find(exit->pid);
    if (known == children_.end()) {
      const auto now = monotonic_now();
      zygotes_->collect(now, exit->pid);
      known = children_.find(exit->pid);
      if (known == children_.end()) {
        // A zygote, a child of one that has never served, or an orphan of a server: nobody asks.
        (void)zygotes_->on_exit(exit->pid, exit->status, now);
        continue;
      }
    }
    auto child = std::move(known->second);
    children_.erase(known);
    on_exit(std::move(child), *exit);
  }
}

void Launcher::on_exit(Child child, const Exit& exit) {
  // Nobody looks at the rest of its group any more.
  if (child.is_told_to_end && child.ends == Ends::ByItself) kill(-child.pid, SIGKILL);
  child.exit.kind = ReportKind::Exited;
  child.exit.status = exit.status;
  child.exit.ran_usec = (monotonic_now().count() - ledger_->at(child.slot).started_ns) / 1000;
  child.exit.user_usec = exit.user_usec;
  child.exit.system_usec = exit.system_usec;
  child.exit.max_rss_kib = exit.max_rss_kib;
  if (child.ends != Ends::ByItself && session_lives(child.pid)) {
    ledger_->linger(child.slot);
    lingering_.push_back(std::move(child));
    return;
  }
  ended(child);
}

void Launcher::check_lingering() {
  std::erase_if(lingering_, [this](Child& child) {
    if (session_lives(child.pid)) return false;
    ended(child);
    return true;
  });
}

void Launcher::ended(Child& child) {
  if (child.is_prompt) --prompt_children_;
  ledger_->end(child.slot, child.exit.status);
  reports_.free_when_sent(child.slot);
  // Who is asleep when a child ends has been woken for it: it need not wait for others.
  reports_.push(std::move(child.exit), true, monotonic_now());
}

}  // namespace uvinetd
