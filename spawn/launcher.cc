// SPDX-License-Identifier: ISC
#include "spawn/launcher.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/clock.h"
#include "core/base/process.h"
#include "spawn/identity.h"

namespace uvinetd {
namespace {

constexpr int kLaunchesPerTurn = 16;  // then children are reaped and reports go out
constexpr mode_t kUsualUmask = 022;
constexpr std::chrono::milliseconds kDescriptorCheck{20};
constexpr std::chrono::seconds kDescriptorPatience{1};  // then launches fail
constexpr auto kLingerCheck = std::chrono::seconds(1);

// Whether the reactor waits to hear of this service's servers: its gate depends on them. A reactor
// that keeps copies of its connections waits for all.
bool is_prompt(const TableService& service) {
  return !Channel::keeps_peeked() || service.is_wait || service.is_datagram() ||
         service.instances != 0 || service.instances_per_source != 0;
}

int socket_type_of(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 ? type : -1;
}

Report report_of(const Launch& launch, ReportKind kind) {
  Report report;
  report.kind = kind;
  report.id = launch.id;
  report.service = launch.service;
  report.listener = launch.listener;
  return report;
}

}  // namespace

int Launcher::run() {
  wakeups_.begin();
  tell_monitor(MessageType::Hello, print(Hello{"launcher", kWireVersion, std::string(build_id())}));
  while (!is_finished_) {
    turn();
    if (is_finished_) break;
    if (is_monitor_gone_ && !reactor_.is_open() && children_.empty() && lingering_.empty()) break;
    wakeups_.sleep(monitor_, reactor_, what_wakes());
  }
  flush_reports();
  return exit_status_;
}

// What a client waits for comes first.
void Launcher::turn() {
  if (wakeups_.is_monitor_ready()) read_monitor();
  read_reactor(kLaunchesPerTurn);
  const bool is_due = reports_.is_due(monotonic_now());
  if (Wakeups::take_child_end() || is_due) reap();
  if (!lingering_.empty()) check_lingering();
  if (is_due || reactor_.has_backlog() || reports_.is_due(monotonic_now())) flush_reports();
}

Wakeups::Until Launcher::what_wakes() const {
  Wakeups::Until until;
  const auto at_most = [&](std::chrono::nanoseconds time) {
    until.time = std::max(std::min(time, until.time.value_or(time)), std::chrono::nanoseconds(0));
  };
  if (!lingering_.empty()) at_most(kLingerCheck);
  if (is_short_of_descriptors_) at_most(kDescriptorCheck);
  if (reports_.is_waiting()) at_most(reports_.due() - monotonic_now());
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
      case Channel::Event::Closed:
      case Channel::Event::Malformed:
      case Channel::Event::TooFewDescriptors:
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
      plans_.clear();  // some may be of services that only the older one had
      return;
    case MessageType::ReactorChannel:
      return on_reactor_channel(message);
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
  if (start.becomes_identity) {
    if (auto status = become({who->uid, who->gid, who->groups, start.guard_gid}); !status) {
      return status;
    }
  }
  set_dumpable(start.is_dumpable);
  become_subreaper();
  identity_ = start.identity;
  who_ = *who;
  table_ = std::move(*table);
  ledger_ = std::make_unique<LedgerWriter>(std::move(*ledger));
  ledger_->set_spawner(start.spawner);
  spawner_ = std::move(*spawner);
  return {};
}

void Launcher::on_table(Message& message) {
  const auto generation = parse_as<Generation>(message.body);
  if (!generation || message.fds.size() != 1) return;
  auto table = Table::map(message.fds[0].get());
  if (!table) return;  // not acknowledged: the monitor replaces this launcher
  older_table_ = std::move(table_);
  table_ = std::move(*table);
  if (const auto who = table_.identity(identity_)) who_ = *who;
  plans_.clear();
  tell_monitor(MessageType::TableTaken, print(*generation));
}

// The old reactor is dead or has let go: what it had sent is started first, so that nothing that
// a client was promised is lost, then its successor is served.
void Launcher::on_reactor_channel(Message& message) {
  const auto epoch = parse_as<Epoch>(message.body);
  if (!epoch || message.fds.size() != 1) return;
  while (reactor_.is_open()) {
    const auto received = reactor_.peek();
    if (received.event == Channel::Event::Message) {
      on_launch(received.message, false);
    } else if (received.event == Channel::Event::TooFewDescriptors) {
      on_launch(received.message, true);
    } else {
      break;
    }
  }
  reactor_ = Channel(std::move(message.fds[0]));
  reports_.hurry();
  if (ledger_) ledger_->restart_count();
  tell_monitor(MessageType::Drained, print(*epoch));
}

void Launcher::on_stop(StopHow how) {
  switch (how) {
    case StopHow::EndWaitServers:
      return signal_children(SIGTERM, true);
    case StopHow::TerminateAll:
      return signal_children(SIGTERM, false);
    case StopHow::KillAll:
      return signal_children(SIGKILL, false);
    case StopHow::LeaveNow:
      is_finished_ = true;
      return;
  }
}

void Launcher::signal_children(int signal, bool wait_only) {
  const auto tell = [&](const Child& child) {
    if (child.is_wait || !wait_only) kill(-child.pid, signal);
  };
  for (const auto& [pid, child] : children_) tell(child);
  for (const auto& child : lingering_) tell(child);
}

// ---- the reactor's side ----------------------------------------------------------------------

void Launcher::read_reactor(int most) {
  is_short_of_descriptors_ = false;
  for (int i = 0; i < most && reactor_.is_open(); ++i) {
    const auto received = reactor_.peek();
    switch (received.event) {
      case Channel::Event::Message:
        short_since_.reset();
        on_launch(received.message, false);
        break;
      case Channel::Event::TooFewDescriptors:
        if (waits_for_descriptors()) return;
        on_launch(received.message, true);
        break;
      case Channel::Event::Nothing:
        short_since_.reset();
        return;
      case Channel::Event::Closed:
      case Channel::Event::Malformed:
        reactor_.end();
        return;
    }
  }
}

// Without a descriptor for its connection a launch can stand in the channel, for a while.
bool Launcher::waits_for_descriptors() {
  const auto now = monotonic_now();
  if (!short_since_) short_since_ = now;
  is_short_of_descriptors_ = Channel::keeps_peeked() && now - *short_since_ < kDescriptorPatience;
  return is_short_of_descriptors_;
}

void Launcher::on_launch(const Message& message, bool lacks_descriptors) {
  const auto launch = message.type == static_cast<std::uint16_t>(MessageType::Launch)
                          ? parse_as<Launch>(message.body)
                          : std::nullopt;
  if (!launch) {
    reactor_.end();  // it speaks nonsense: the monitor will notice and replace it
    return;
  }
  const auto status =
      lacks_descriptors ? Status(fail("recvmsg", {}, EMFILE)) : start(*launch, message);
  if (!status) {
    auto failed = report_of(*launch, ReportKind::Failed);
    failed.code = status.error().code;
    failed.step = status.error().op;
    tell_failure(std::move(failed), message.fds);
  }
  reactor_.drop();
  if (ledger_) ledger_->count_taken();
}

// The connection goes back with the report, before the queue lets go of it: the reactor may want to
// try again.
void Launcher::tell_failure(Report report, const std::vector<UniqueFd>& fds) {
  flush_reports();
  std::vector<int> borrowed;
  if (Channel::keeps_peeked()) {
    for (const auto& fd : fds) borrowed.push_back(fd.get());
  }
  Reports packet;
  packet.list.push_back(report);
  const auto sent =
      reactor_.send(static_cast<std::uint16_t>(MessageType::Reports), print(packet), borrowed);
  if (!sent) reports_.push(std::move(report), true, monotonic_now());
}

Status Launcher::start(const Launch& launch, const Message& message) {
  if (message.fds.size() != 1 || !ledger_) return fail("launch", {}, EBADF);
  const int fd = message.fds[0].get();
  auto* plan = plan_for(launch.service);
  if (plan == nullptr) return fail("service", {}, ENOENT);
  const auto& service = plan->service();
  if (socket_type_of(fd) != service.socket_type) return fail("socket", {}, EPROTOTYPE);
  const bool has_peer = !service.is_wait && !service.is_datagram();
  const auto peer = has_peer ? SocketAddress::peer_of(fd) : std::nullopt;
  connection_.set(service.socket_type, SocketAddress::local_of(fd).value_or(SocketAddress()), peer);
  const auto now = monotonic_now();
  const auto slot = ledger_->begin(launch.id, launch.service, launch.listener, now.count(),
                                   peer ? &*peer : nullptr);
  if (!slot) return fail("ledger", {}, EAGAIN);

  SpawnRequest request;
  request.program = plan->program();
  request.argv = plan->argv();
  request.environment = plan->environment(connection_);
  if (service.working_directory != "/") {
    request.working_directory = service.working_directory.c_str();
  }
  request.connection = fd;
  request.pid = &ledger_->pid_of(*slot);
  if (service.umask != kUsualUmask) umask(static_cast<mode_t>(service.umask));  // it is inherited
  const auto pid = spawner_->spawn(request);
  if (service.umask != kUsualUmask) umask(kUsualUmask);
  if (!pid) {
    ledger_->free(*slot);
    return tl::unexpected(pid.error());
  }
  ledger_->started(*slot, *pid);
  auto report = report_of(launch, ReportKind::Started);
  report.pid = *pid;
  Child child{*pid, *slot, report, service.is_wait, is_prompt(service)};
  if (child.is_prompt) ++prompt_children_;
  reports_.push(std::move(report), child.is_prompt, now);
  children_.insert_or_assign(*pid, std::move(child));
  return {};
}

LaunchPlan* Launcher::plan_for(std::uint32_t service) {
  if (const auto known = plans_.find(service); known != plans_.end()) return known->second.get();
  auto entry = table_.is_open() ? table_.service(service) : std::nullopt;
  if (!entry && older_table_.is_open()) entry = older_table_.service(service);
  if (!entry || entry->identity != identity_ || entry->is_internal() || entry->argv.empty()) {
    return nullptr;
  }
  auto plan = std::make_unique<LaunchPlan>(std::move(*entry), who_);
  return plans_.emplace(service, std::move(plan)).first->second.get();
}

// ---- children --------------------------------------------------------------------------------

void Launcher::reap() {
  while (const auto exit = reap_one()) {
    const auto known = children_.find(exit->pid);
    if (known == children_.end()) continue;  // an orphan of a server: nobody asks for it
    auto child = std::move(known->second);
    children_.erase(known);
    on_exit(std::move(child), *exit);
  }
}

void Launcher::on_exit(Child child, const Exit& exit) {
  child.exit.kind = ReportKind::Exited;
  child.exit.status = exit.status;
  child.exit.ran_usec = (monotonic_now().count() - ledger_->at(child.slot).started_ns) / 1000;
  child.exit.user_usec = exit.user_usec;
  child.exit.system_usec = exit.system_usec;
  child.exit.max_rss_kib = exit.max_rss_kib;
  if (child.is_wait && session_lives(child.pid)) {
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
