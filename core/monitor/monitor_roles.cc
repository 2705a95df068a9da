// SPDX-License-Identifier: ISC
// The monitor's roles: the reactor's start and replacement, launchers on need, the heartbeat.
#include <algorithm>
#include <csignal>
#include <utility>

#include "core/monitor/monitor.h"
#include "spawn/identity.h"

namespace uvinetd {
namespace {

constexpr std::size_t kAheadAtMost =
    8;  // identities whose launcher is started before its first use
constexpr std::chrono::seconds kDrainDeadline{5};
constexpr std::chrono::milliseconds kFirstDelay{50};
constexpr std::chrono::milliseconds kLongestDelay{1'000};
constexpr std::uint32_t kQuickDeathsForLong = 200;
constexpr std::uint32_t kStartTries = 3;
constexpr std::chrono::seconds kIdlePing{60};  // an idle daemon sleeps
constexpr std::chrono::seconds kBusyPing{5};
constexpr std::chrono::seconds kPongDeadline{10};
constexpr std::chrono::milliseconds kResolverPause{1000};  // from the start of one to the next

}  // namespace

bool Monitor::has_identity(std::uint32_t identity) const {
  return std::any_of(identities_.begin(), identities_.end(),
                     [identity](const auto& each) { return each.key == identity; });
}

std::string Monitor::identity_name(std::uint32_t identity) const {
  for (const auto& each : identities_) {
    if (each.key == identity) return each.name;
  }
  return std::to_string(identity);
}

void Monitor::start_launchers_ahead() {
  if (identities_.size() > kAheadAtMost) return;
  for (const auto& identity : identities_) {
    launchers_->start(identity.key, identity.name, table_.get());
  }
}

void Monitor::need_launcher(std::uint32_t identity, std::size_t known) {
  if (launchers_->count_of(identity) > known) return;  // one is on its way to the reactor
  if (!has_identity(identity) || failed_identities_.contains(identity)) {
    if (reactor_) {
      reactor_->send(MessageType::LauncherFailed, print(LauncherFailed{identity, EAGAIN, "start"}));
    }
    return;
  }
  launchers_->start(identity, identity_name(identity), table_.get());
}

// For one that was killed before the reactor knew of it.
void Monitor::replace_launcher(std::uint32_t identity) {
  if (is_stopping_ || !has_identity(identity)) return;
  launchers_->start(identity, identity_name(identity), table_.get());
}

// ---- the reactor -----------------------------------------------------------------------------

ReactorStart Monitor::reactor_start() const {
  ReactorStart out;
  out.epoch = epoch_;
  out.becomes_user = can_change_identity();
  out.uid = reactor_uid_;
  out.gid = reactor_gid_;
  out.is_dumpable = start_.options.core_dumps;
  out.logs_connections = start_.options.log_connections;
  out.log_level =
      static_cast<std::uint8_t>(start_.options.debug ? LogLevel::Debug : LogLevel::Info);
  out.log_ident = "uvinetd";
  out.global_instances = global_instances_;
  return out;
}

// Also the path after a death: what the old one had sent to launchers is started by them first, and
// the new one polls nothing before every launcher has said so.
void Monitor::start_reactor() {
  if (is_stopping_) return;
  ++epoch_;
  auto process = start_role(start_.binaries.reactor(), "uvi-reactor", start_.is_daemon);
  auto start = reactor_start();
  auto log_target = logs_.open_for_reactor(start);
  // The first table is made while the reactor's program is being loaded.
  const auto table = table_.is_open() ? Status() : make_table();
  if (!process || !log_target || !table) {
    const auto reason = !process      ? process.error().text()
                        : !log_target ? log_target.error().text()
                                      : table.error().text();
    if (!is_ready_ && !start_.resumed) return fail_start("reactor: " + reason);
    log_.error("reactor: {}; trying again", reason);
    timers_.after(std::chrono::seconds(1), [this] { start_reactor(); });
    return;
  }
  reactor_ = std::make_unique<ReactorRole>(
      loop_, std::move(*process), [this](const Message& message) { on_reactor_message(message); });
  reactor_->send(MessageType::ReactorStart, print(start), {table_.get(), log_target->fd.get()});
  logs_.send_services();
  tell_bans();
  send_control();
  builder_.access_lists().send_all(*reactor_);
  reactor_->send_listeners(sockets_.all());
  for (const auto& errors : launchers_->orphaned_errors()) send_errors(errors);
  for (const auto launcher : launchers_->old()) send_errors(*launchers_->errors_of(launcher));
  for (const auto launcher : launchers_->ready()) connect_launcher(launcher, true);
  drain_deadline_ = timers_.after(kDrainDeadline, [this] {
    drain_deadline_ = 0;
    for (const auto launcher : std::exchange(awaited_drains_, {})) {
      launchers_->kill(launcher, "it does not answer");
    }
    open_reactor_if_drained();
  });
  open_reactor_if_drained();
}

// What the reactor says of its sensors; it has them already.
void Monitor::keep_bans(const Bans& bans) {
  if (bans.is_lifted) return;
  for (const auto& each : bans.list) {
    bans_.add({{each.high, each.low, each.bits}, std::chrono::milliseconds(each.until_ms)},
              loop_.now());
  }
}

// For a reactor that knows none yet, before it serves anybody.
void Monitor::tell_bans() {
  Bans packet;
  const auto send = [&] {
    if (packet.list.empty()) return;
    reactor_->send(MessageType::Bans, print(packet));
    packet.list.clear();
  };
  for (const auto& ban : bans_.list()) {
    packet.list.push_back({ban.source.high, ban.source.low, ban.source.bits, ban.until.count()});
    if (packet.list.size() == kMostBansInMessage) send();
  }
  send();
}

void Monitor::connect_launcher(std::uint32_t launcher, bool must_drain) {
  if (!reactor_) return;
  auto end = launchers_->connect(launcher, epoch_);
  if (!end) return launchers_->give_up(launcher, end.error());
  if (broken_identities_.erase(end->identity) > 0) tell_troubles();
  if (must_drain) awaited_drains_.insert(launcher);
  std::vector<int> fds{end->channel.get(), end->ledger};
  if (end->queue.is_open()) fds.push_back(end->queue.get());
  reactor_->send(MessageType::LauncherJoined, print(LauncherJoined{launcher, end->identity}), fds);
  if (const auto errors = launchers_->errors_of(launcher)) send_errors(*errors);
}

void Monitor::send_errors(const LauncherSet::ErrorReader& errors) {
  reactor_->send(MessageType::ServerErrors, print(LauncherJoined{errors.launcher, errors.identity}),
                 {errors.fd});
}

void Monitor::on_drained(std::uint32_t launcher) {
  if (awaited_drains_.erase(launcher) > 0) open_reactor_if_drained();
}

void Monitor::open_reactor_if_drained() {
  if (is_binding_ || is_handing_over_ || !awaited_drains_.empty() || !reactor_ || reactor_->is_open)
    return;
  timers_.cancel(drain_deadline_);
  reactor_->is_open = true;
  for (const auto& child : launchers_->adopted()) {
    reactor_->send(MessageType::Adopted, print(child));
  }
  builder_.access_lists().send_new(*reactor_);
  // The table of its start may be an older one by now.
  reactor_->send(MessageType::Table, print(Generation{generation_}), {table_.get()});
  reactor_->send_listeners(sockets_.all());
  reactor_->send(MessageType::Apply, print(Generation{generation_}));
  for (const auto& [child, report] : std::exchange(untold_exits_, {})) {
    reactor_->send(MessageType::Adopted, print(child));
    on_adopted_exit(child, report);
  }
  send_clients_back();
  ping();
}

void Monitor::on_adopted_exit(const RunningChild& child, const Report& report) {
  // They may keep its connection, or wait for its result.
  for (const auto& past : past_reactors_) {
    past->send(MessageType::AdoptedExit, print(Reports{{report}}));
  }
  if (giver_ != nullptr) return;  // it has told it; the next one does not hear of that child
  if (reactor_ && reactor_->is_open) {
    reactor_->send(MessageType::AdoptedExit, print(Reports{{report}}));
  } else {
    untold_exits_.emplace_back(child, report);
  }
}

void Monitor::on_launcher_gone(std::uint32_t launcher) {
  const auto gone = print(LauncherNumber{launcher, true});
  if (reactor_) reactor_->send(MessageType::LauncherGone, gone);
  if (giver_ != nullptr) giver_->send(MessageType::LauncherGone, gone);
  on_table_taken(launcher, generation_);
  role_facts_changed();
  on_drained(launcher);
  hand_over();
  open_if_handed_over();
}

void Monitor::on_reactor_end(const Exit& exit) {
  const bool had_applied = reactor_->has_applied;
  has_hello_ = false;
  reactor_.reset();
  if (resolver_) kill(resolver_->pid, SIGKILL);  // the next reactor asks for another
  awaited_drains_.clear();
  reload_asks_.clear();  // who asked has gone with it
  reload_answers_.clear();
  upgrade_asks_.clear();
  timers_.cancel(drain_deadline_);
  timers_.cancel(ping_timer_);
  timers_.cancel(pong_deadline_);
  if (is_stopping_) return;
  timers_.cancel(settled_timer_);
  const bool has_lived = had_applied && loop_.now() - reactor_applied_ >= kSettled;
  quick_deaths_ = has_lived ? 0 : quick_deaths_ + 1;
  log_.error("reactor ended: status={}; replacing it", status_text(exit.status));
  tell_troubles();
  if (!is_ready_ && !start_.resumed && quick_deaths_ >= kStartTries)
    return fail_start("the reactor does not start");
  timers_.after(restart_delay(had_applied), [this] { start_reactor(); });
}

// At once, but for a fault at start, or soon after it, which must not become a busy loop. One that
// has served is back within the time that clients do not notice, as long as it is not always so.
std::chrono::milliseconds Monitor::restart_delay(bool had_applied) const {
  if (had_applied) {
    if (quick_deaths_ <= kQuickDeathsToTell) return {};
    return quick_deaths_ < kQuickDeathsForLong ? kFirstDelay : kLongestDelay;
  }
  return kFirstDelay * (1U << std::min(quick_deaths_ - 1, 6U));
}

void Monitor::on_reactor_message(const Message& message) {
  const auto& body = message.body;
  switch (static_cast<MessageType>(message.type)) {
    case MessageType::Hello: {
      const auto hello = parse_as<Hello>(body);
      if (hello && hello->build_id == build_id()) {
        has_hello_ = true;
        return hand_over();
      }
      log_.error("the reactor is of another build");
      return reactor_->kill();
    }
    case MessageType::Applied:
      if (const auto applied = parse_as<Generation>(body)) on_applied(applied->generation);
      return;
    case MessageType::Stopped:
      return on_reactor_stopped();
    case MessageType::Pong:
      timers_.cancel(pong_deadline_);
      timers_.cancel(ping_timer_);
      readiness_.alive();
      if (const auto pong = parse_as<Pong>(body)) {
        ping_after(pong->is_busy ? kBusyPing : kIdlePing);
      }
      return;
    case MessageType::Active:
      timers_.cancel(ping_timer_);
      if (pong_deadline_ == 0) ping_after(kBusyPing);
      return;
    case MessageType::LogLost:
      return logs_.send_again(!body.empty());
    case MessageType::LogTrouble:
      if (const auto trouble = parse_as<LogTrouble>(body)) logs_.on_reactor_trouble(trouble->code);
      return;
    case MessageType::NeedLauncher:
      if (const auto need = parse_as<NeedLauncher>(body)) {
        need_launcher(need->identity, need->known);
      }
      return;
    case MessageType::RetireLauncher:
      if (const auto number = parse_as<LauncherNumber>(body)) launchers_->retire(number->launcher);
      return;
    case MessageType::StuckLauncher:
      if (const auto stuck = parse_as<LauncherNumber>(body)) {
        if (stuck->is_final) launchers_->kill(stuck->launcher, "it does not answer");
      }
      return;
    case MessageType::EndServer:
      if (const auto order = parse_as<EndServer>(body)) launchers_->end_server(*order);
      return;
    case MessageType::Bans:
      if (const auto bans = parse_as<Bans>(body)) keep_bans(*bans);
      return;
    case MessageType::ControlAsk:
      if (const auto ask = parse_as<ControlText>(body)) on_control(*ask);
      return;
    case MessageType::NeedResolver:
      return need_resolver();
    case MessageType::Rebind:
      if (const auto number = parse_as<ListenerNumber>(body)) {
        store_.forget(number->listener);
        sockets_.rebind(number->listener);
        reactor_->forget_listener(number->listener);
        arm_retry();
        publish();
      }
      return;
    default:
      return;
  }
}

// One at a time, and not more than one a second: it ends when its reactor or its channel does.
void Monitor::need_resolver() {
  if (resolver_) kill(resolver_->pid, SIGKILL);  // the reactor has lost it
  const auto due = resolver_start_ ? *resolver_start_ + kResolverPause : loop_.now();
  timers_.after(std::max(due - loop_.now(), std::chrono::milliseconds(0)), [this, epoch = epoch_] {
    if (epoch == epoch_ && !is_stopping_) start_resolver();
  });
}

void Monitor::start_resolver() {
  if (!reactor_) return;
  resolver_start_ = loop_.now();
  auto pair = Channel::make_pair();
  auto process = start_role(start_.binaries.reactor(), kResolverTitle, start_.is_daemon);
  if (!pair || !process) {
    log_.error("resolver: {}", pair ? process.error().text() : pair.error().text());
    return need_resolver();
  }
  resolver_ = std::move(*process);
  ++resolver_starts_;
  role_facts_changed();
  const ResolverStart start{can_change_identity(), reactor_uid_, reactor_gid_,
                            start_.options.core_dumps};
  (void)resolver_->channel.send(static_cast<std::uint16_t>(MessageType::ResolverStart),
                                print(start), {pair->first.get()});
  reactor_->send(MessageType::ResolverJoined, "", {pair->second.get()});
}

// Where a manager waits for us, a quarter of its patience is for a reactor that is idle, one for
// another that becomes busy meanwhile, and one for the answer: what is left is for its successor.
std::chrono::milliseconds Monitor::in_patience(std::chrono::milliseconds time) const {
  const auto watchdog = readiness_.watchdog();
  return watchdog ? std::min(time, *watchdog / 4) : time;
}

void Monitor::ping_after(std::chrono::milliseconds delay) {
  ping_timer_ = timers_.after(in_patience(delay), [this] { ping(); });
}

void Monitor::ping() {
  ping_timer_ = 0;
  if (!reactor_ || pong_deadline_ != 0) return;
  tell_role_facts();
  reactor_->send(MessageType::Ping, "");
  pong_deadline_ = timers_.after(in_patience(kPongDeadline), [this] {
    pong_deadline_ = 0;
    if (!reactor_) return;
    log_.error("the reactor does not answer");
    reactor_->kill();
  });
}

}  // namespace uvinetd
