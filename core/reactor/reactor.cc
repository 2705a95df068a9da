// SPDX-License-Identifier: ISC
#include "core/reactor/reactor.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "core/base/clock.h"
#include "core/base/process.h"
#include "core/base/sandbox.h"
#include "core/reactor/admission/load_average.h"
#include "core/reactor/socket_group.h"
#include "spawn/identity.h"

namespace uvinetd {
namespace {

constexpr std::size_t kTokens = 64;             // sockets served per turn
constexpr std::chrono::seconds kLeaveAfter{2};  // without a monitor, whatever is still in flight
constexpr std::chrono::seconds kIdentityRetry{5};

}  // namespace

Reactor::Reactor(Channel monitor, Poller poller)
    : monitor_(std::move(monitor)),
      poller_(std::move(poller)),
      random_(static_cast<std::uint_fast32_t>(monotonic_now().count())),
      sessions_(
          loop_, timers_,
          [this](std::uint32_t key, const SocketAddress& peer) { session_ended(key, peer); },
          [this](const Sessions::Wanted& wanted) { return multiplex(wanted); }),
      relays_(loop_, timers_, [this](const RelayEnd& ended) { on_relay_end(ended); }),
      health_(loop_, timers_,
              {[this](std::uint32_t key, UniqueFd socket) {
                 return start_check(key, std::move(socket));
               },
               [this](std::uint32_t key, const SocketAddress& peer) { session_ended(key, peer); },
               [this](std::uint32_t key, Accepted accepted) { on_first_byte(key, accepted); }}),
      waiting_room_(loop_, timers_,
                    [this](WaitingRoom::Ticket ticket, Awaited awaited, WaitingRoom::Event event) {
                      on_waiting(ticket, awaited, event);
                    }),
      names_(
          loop_,
          [this](WaitingRoom::Ticket ticket, const std::optional<std::string>& name) {
            on_name(ticket, name);
          },
          [this] { tell(MessageType::NeedResolver, ""); }),
      idents_(loop_, [this](WaitingRoom::Ticket ticket,
                            const std::optional<std::string>& user) { on_ident(ticket, user); }),
      launchers_(loop_, timers_,
                 {[this](Report& report, std::optional<InFlight> launch) {
                    on_report(report, std::move(launch));
                  },
                  [this](InFlight launch, Settled settled, std::int32_t pid) {
                    on_settled(std::move(launch), settled, pid);
                  },
                  [this](std::uint32_t identity) {
                    submit_held(identity);
                    if (const auto found = starved_.find(identity); found != starved_.end()) {
                      wake(found->second);
                    }
                  },
                  [this](MessageType type, const std::string& body) { tell(type, body); }}),
      errors_(loop_, timers_, events_, error_names()) {
  sessions_.set_on_first_byte(
      [this](std::uint32_t key, Accepted accepted) { on_first_byte(key, accepted); });
  relays_.set_on_first_byte(
      [this](std::uint32_t key, Accepted accepted) { on_first_byte(key, accepted); });
}

ServerErrors::Names Reactor::error_names() {
  return {[this](std::uint32_t key) {
            const auto* service = find_service(key);
            return service != nullptr ? service->entry.id : std::string();
          },
          [this](std::uint32_t key) {
            const auto identity = table_.is_open() ? table_.identity(key) : std::nullopt;
            return identity ? identity->name : std::to_string(key);
          }};
}

Reactor::~Reactor() {
  listeners_.clear();
  poller_watcher_.reset();
  monitor_watcher_.reset();
}

int Reactor::run() {
  monitor_watcher_ =
      std::make_unique<FdWatcher>(loop_, monitor_.fd(), [this](int) { on_monitor_ready(); });
  poller_watcher_ =
      std::make_unique<FdWatcher>(loop_, poller_.fd(), [this](int) { on_poller_ready(); });
  tell(MessageType::Hello, print(Hello{"reactor", kWireVersion, std::string(build_id())}));
  watch_monitor();
  watch_turns();
  loop_.run();
  events_.flush();
  return exit_status_;
}

Service* Reactor::find_service(std::uint32_t key) {
  const auto found = services_.find(key);
  return found == services_.end() ? nullptr : found->second.get();
}

Listener* Reactor::find_listener(std::uint32_t key) {
  const auto found = listeners_.find(key);
  return found == listeners_.end() ? nullptr : found->second.get();
}

// A server that has all sockets of its service may outlive the one that it was started for.
LaunchOwner* Reactor::find_owner(std::uint32_t service, std::uint32_t listener) {
  if (auto* found = find_listener(listener)) return &found->owner();
  const auto* owner = find_service(service);
  return owner == nullptr ? nullptr : owner->group.get();
}

std::uint16_t Reactor::random_bits() {
  return static_cast<std::uint16_t>(random_() >> 8);
}

void Reactor::on_poller_ready() {
  note_work();
  std::array<std::uint32_t, kTokens> tokens{};
  const auto count = poller_.ready(tokens);
  for (std::size_t i = 0; i < count && !is_exhausted_; ++i) {
    if (auto* listener = find_listener(tokens[i])) listener->on_readable();
  }
}

// ---- the monitor's messages ------------------------------------------------------------------

void Reactor::tell(MessageType type, const std::string& body) {
  if (is_monitor_gone_) return;
  (void)monitor_.send(static_cast<std::uint16_t>(type), body);
  if (monitor_.has_backlog()) watch_monitor();
}

void Reactor::watch_monitor() {
  monitor_watcher_->watch(monitor_.has_backlog() ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

void Reactor::on_monitor_ready() {
  (void)monitor_.flush();
  while (!is_monitor_gone_) {
    auto received = monitor_.receive();
    if (received.event == Channel::Event::Message) {
      on_message(std::move(received.message));
    } else if (received.event == Channel::Event::Nothing) {
      watch_monitor();
      return;
    } else {
      on_monitor_gone();
    }
  }
}

void Reactor::on_message(Message message) {
  const auto& body = message.body;
  switch (static_cast<MessageType>(message.type)) {
    case MessageType::ReactorStart:
      return on_start(message);
    case MessageType::Table:
      return on_table(message);
    case MessageType::Listeners:
      return on_listeners(message);
    case MessageType::AccessList:
      return on_access_list(message);
    case MessageType::ResolverJoined:
      if (message.fds.size() == 1) names_.join(std::move(message.fds[0]));
      return;
    case MessageType::LauncherJoined:
      return on_launcher_joined(message);
    case MessageType::ServerErrors:
      if (const auto of = parse_as<LauncherJoined>(body); of && message.fds.size() == 1) {
        errors_.add(of->launcher, of->identity, std::move(message.fds[0]));
      }
      return;
    case MessageType::LauncherGone:
      if (const auto gone = parse_as<LauncherNumber>(body)) launchers_.gone(gone->launcher);
      return;
    case MessageType::LauncherFailed:
      if (const auto failure = parse_as<LauncherFailed>(body)) on_launcher_failed(*failure);
      return;
    case MessageType::Adopted:
      if (const auto child = parse_as<RunningChild>(body)) {
        if (has_applied_) return adopt(*child);
        adopted_early_.push_back(*child);
      }
      return;
    case MessageType::AdoptedExit:
      if (const auto reports = parse_as<Reports>(body)) {
        for (const auto& report : reports->list) on_exited(report, false);
      }
      return;
    case MessageType::Apply:
      if (const auto generation = parse_as<Generation>(body)) apply(generation->generation);
      return;
    case MessageType::ControlSocket:
      if (const auto rules = parse_as<ControlSocket>(body); rules && message.fds.size() == 1) {
        control_.open(std::move(message.fds[0]), *rules);
      }
      return;
    case MessageType::ControlTold:
      if (const auto reply = parse_as<ControlText>(body)) control_.told(*reply);
      return;
    case MessageType::Happened:
      if (const auto event = parse_as<Happened>(body); event && control_.has_listeners()) {
        control_.publish(event->name, event->id, event->line);
      }
      return;
    case MessageType::Hold:
      if (const auto hold = parse_as<Hold>(body)) on_hold(*hold);
      return;
    case MessageType::Bans:
      if (const auto bans = parse_as<Bans>(body)) on_bans(*bans);
      return;
    case MessageType::RoleFacts:
      if (const auto facts = parse_as<RoleFacts>(body)) on_role_facts(*facts);
      return;
    case MessageType::StopAccepting:
      is_accepting_ = false;
      is_stopping_ = true;
      poller_watcher_->watch(0);
      dismiss_stopped();
      return check_stopped();
    case MessageType::Retire:
      return retire();
    case MessageType::ClientBack:
      if (const auto back = parse_as<ClientBack>(body); back && message.fds.size() == 1) {
        on_client_back(*back, std::move(message.fds[0]));
      }
      return;
    case MessageType::Ping:
      tell(MessageType::Pong, print(Pong{is_busy_}));
      is_active_told_ = is_busy_;
      is_busy_ = false;
      return;
    case MessageType::LogTarget:
      if (const auto form = parse_as<LogTargetForm>(body)) {
        on_log_target(*form, message.fds.empty() ? UniqueFd() : std::move(message.fds[0]));
      }
      return;
    default:
      return;  // of a later version
  }
}

// Without what the monitor has sent, this reactor is of no use: the next one gets it anew.
void Reactor::cannot_go_on(const Error& error) {
  log_.error("reactor: cannot go on: {}", error.text());
  exit_status_ = 1;
  is_monitor_gone_ = true;  // nothing more of it is heard
  is_accepting_ = false;
  monitor_watcher_->watch(0);
  poller_watcher_->watch(0);
  loop_.stop();
}

void Reactor::on_table(const Message& message) {
  if (message.fds.size() != 1) return;
  auto table = Table::map(message.fds[0].get());
  if (!table) return cannot_go_on(table.error());
  next_table_ = std::move(*table);
}

void Reactor::on_log_target(const LogTargetForm& form, UniqueFd fd) {
  if (!fd.is_open()) {
    if (form.is_of_services) service_logs_.close(form.file);
    return;
  }
  LogTarget target{static_cast<LogForm>(form.form), std::move(fd)};
  if (form.is_of_services) {
    service_logs_.open(form.file, std::move(target), "uvinetd");
  } else {
    log_.open(std::move(target), "uvinetd");
  }
}

void Reactor::on_start(Message& message) {
  const auto start = parse_as<ReactorStart>(message.body);
  const auto status = start ? take_start(*start, message) : Status(fail("start", {}, EPROTO));
  if (status) return;
  log_.error("reactor: cannot start: {}", status.error().text());
  exit_status_ = 1;
  loop_.stop();
}

Status Reactor::take_start(const ReactorStart& start, Message& message) {
  if (message.fds.size() != 2) return fail("start", {}, EBADF);
  log_.open({static_cast<LogForm>(start.log_form), std::move(message.fds[1])}, start.log_ident);
  log_.set_level(static_cast<LogLevel>(start.log_level));
  log_.on_file_trouble(
      [this](int code) { tell(MessageType::LogTrouble, print(LogTrouble{code})); });
  auto table = Table::map(message.fds[0].get());
  if (!table) return tl::unexpected(table.error());
  next_table_ = std::move(*table);
  epoch_ = start.epoch;
  events_.configure(start);
  global_limit_ = start.global_instances;
  tzset();  // local time is told and asked for; the zone's file is out of reach afterwards
  prepare_load_average();
  if (start.becomes_user) {
    descriptors_ = OpenDescriptors();  // a folder that is open is a way out of any root
    enter_empty_root();
    if (auto status = become({start.uid, start.gid, {}, 0}); !status) return status;
  }
  set_dumpable(start.is_dumpable);
  if (!start.is_dumpable) restrict_system_calls();
  take_table();
  return {};
}

void Reactor::on_listeners(Message& message) {
  const auto keys = parse_as<ListenerKeys>(message.body);
  if (!keys || keys->keys.size() != message.fds.size()) return;
  for (std::size_t i = 0; i < keys->keys.size(); ++i) {
    next_fds_.insert_or_assign(keys->keys[i], std::move(message.fds[i]));
  }
  if (has_applied_ || is_stopping_) return;
  // They are watched from now on; the set that they stand in is not, before Apply.
  is_accepting_ = true;
  take_arrived(true);
}

void Reactor::on_launcher_joined(Message& message) {
  const auto joined = parse_as<LauncherJoined>(message.body);
  if (!joined || message.fds.size() < 2) return;
  auto ledger = LedgerReader::map(message.fds[1].get());
  if (!ledger) {
    // Children of one that was there before us would be forgotten; a new one has none yet.
    if (!has_applied_) return cannot_go_on(ledger.error());
    log_.error("launcher {}: {}", joined->launcher, ledger.error().text());
    return tell(MessageType::StuckLauncher, print(LauncherNumber{joined->launcher, true}));
  }
  auto queue = message.fds.size() > 2 ? std::move(message.fds[2]) : UniqueFd();
  launchers_.join(joined->launcher, joined->identity, std::move(message.fds[0]), std::move(queue),
                  std::move(*ledger));
}

// If no server of this identity can be started for now, who waits for one is told so. The sockets
// are tried again after a while.
void Reactor::on_launcher_failed(const LauncherFailed& failure) {
  const bool is_hopeless = launchers_.failed(failure.identity);
  if (auto node = is_hopeless ? held_.extract(failure.identity) : decltype(held_)::node_type()) {
    for (const auto& launch : node.mapped()) {
      give_up(launch, "launcher step=" + failure.step, true);
    }
  }
  timers_.after(kIdentityRetry, [this, identity = failure.identity] {
    if (const auto found = starved_.find(identity); found != starved_.end()) wake(found->second);
  });
}

// Nobody holds the sockets for us any more: they are closed at once, so that a new daemon can bind
// them, and what was promised to clients is finished.
void Reactor::on_monitor_gone() {
  is_monitor_gone_ = true;
  is_accepting_ = false;
  is_stopping_ = true;
  monitor_watcher_->watch(0);
  poller_watcher_->watch(0);
  dismiss_stopped();
  for (auto& [key, service] : services_) service->listeners.clear();
  listeners_.clear();
  next_fds_.clear();
  timers_.after(kLeaveAfter, [this] { loop_.stop(); });
  check_stopped();
}

void Reactor::check_stopped() {
  if (is_retiring_ && !is_stopping_) return on_retired();
  if (!is_stopping_ || launchers_.in_flight() != 0 || !retrying_.empty() || !held_.empty()) return;
  if (is_monitor_gone_) {
    loop_.stop();
  } else {
    events_.flush();  // what follows may be SIGKILL
    tell(MessageType::Stopped, "");
  }
}

// ---- life ------------------------------------------------------------------------------------

void Reactor::note_work() {
  is_busy_ = true;
  if (std::exchange(is_active_told_, true)) return;
  tell(MessageType::Active, "");
}

// The socket is closed here first, so that the monitor can bind its address again.
void Reactor::rebind(Listener& listener) {
  if (listener.fd() < 0) return;
  log_.warning("id={} a server has spoilt its socket: binding it anew",
               listener.service().entry.id);
  { const auto spoilt = listener.release_fd(); }
  listener.set_starved(true);
  tell(MessageType::Rebind, print(ListenerNumber{listener.key()}));
}

}  // namespace uvinetd
