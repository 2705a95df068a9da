// SPDX-License-Identifier: ISC
// The monitor's upgrade in place: from one program to the next, in one process.
//
//     upgrade() ──▶ UpgradeCheck ──it can──▶ swap() ═execve═▶ resume() ──▶ begin() ──▶ hand_over()
//                        │ it cannot                                                       │ Retire
//                        ▼                                        the reactor before ──Stopped──▶
//                     refused                                     its launchers leave ──▶ open
//
// The reactor before serves until the new one is there; then it polls nothing, and what it has in
// its launchers' hands is finished. Its launchers leave when they have begun all of it; their
// servers are ours to reap from then on. Only then does the new reactor begin.
#include <fcntl.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/process.h"
#include "core/base/shared_memory.h"
#include "core/control/reply.h"
#include "core/monitor/monitor.h"
#include "core/monitor/upgrade/program_swap.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kFlushPause{10};
constexpr std::chrono::seconds kHelloDeadline{10};   // of the new reactor
constexpr std::chrono::seconds kStoppedDeadline{5};  // of the reactor before
constexpr std::chrono::seconds kLeavingDeadline{5};  // of its launchers
constexpr std::size_t kMostClientsBack = 4'096;      // while the new reactor is not open

UniqueFd copy_of(const UniqueFd& fd) {
  return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
}

}  // namespace

// ---- the program before ------------------------------------------------------------------------

// `ticket` of the control socket waits for what becomes of it; 0: nobody does.
void Monitor::upgrade(std::uint64_t ticket) {
  if (is_stopping_) return refuse(ticket, "refused", "the daemon is stopping");
  if (ticket != 0) upgrade_asks_.push_back(ticket);
  if (upgrade_check_ || is_swap_due_) return;
  if (is_handing_over_ || !is_ready_) {
    is_upgrade_due_ = true;
    return;
  }
  const auto state = make_read_only_memory("uvinetd-state", print(upgrade_state()));
  if (!state) return refuse_upgrade({state.error().text()});
  upgrade_check_ =
      std::make_unique<UpgradeCheck>(loop_, timers_, [this](const std::vector<std::string>& why) {
        upgrade_check_.reset();
        if (!why.empty()) return refuse_upgrade(why);
        is_swap_due_ = true;
        swap_when_quiet();
      });
  const auto started = upgrade_check_->start(start_.binaries.program(), start_.argv.front(),
                                             state->get(), readiness_.variables());
  if (started) return;
  upgrade_check_.reset();
  refuse_upgrade({started.error().text()});
}

void Monitor::refuse_upgrade(const std::vector<std::string>& why) {
  for (const auto& line : why) log_.error("upgrade: {}", line);
  log_.error("upgrade refused; nothing has changed");
  for (const auto ticket : std::exchange(upgrade_asks_, {})) {
    for (const auto& line : why) reply(ticket, reply_line("problem", line), false);
    refuse(ticket, "refused", "the program that is there cannot take over; nothing has changed");
  }
  readiness_.ready("upgrade refused; " + summary());
}

// A change that is under way is finished first, what has been said to the roles has left, and who
// is ending has ended.
bool Monitor::is_quiet() const {
  return !is_publishing_ && !is_table_due_ && !is_reload_due_ && reactor_ &&
         reactor_->has_applied && reactor_->channel().is_open();
}

void Monitor::swap_when_quiet(int tries) {
  if (!is_swap_due_ || is_stopping_ || swap_guard_ || !is_quiet())
    return;  // on_applied() comes back
  const bool is_ending = launchers_->has_ended_channel() ||
                         std::any_of(past_reactors_.begin(), past_reactors_.end(),
                                     [](const auto& each) { return !each->channel().is_open(); });
  const bool has_backlog = reactor_->channel().has_backlog() || launchers_->has_backlog();
  if ((is_ending || has_backlog) && tries > 0) {
    timers_.after(kFlushPause, [this, tries] { swap_when_quiet(tries - 1); });
    return;
  }
  // A signal that has come already is acted on first: what stands in the loop's pipe is lost.
  swap_guard_.emplace();
  timers_.after(kFlushPause, [this, tries] {
    if (is_quiet() && !is_stopping_) return swap();
    swap_guard_.reset();
    swap_when_quiet(tries);
  });
}

UpgradeState Monitor::upgrade_state() const {
  UpgradeState out;
  out.from = UVINETD_VERSION;
  out.argv = start_.argv;
  out.directory = start_.directory;
  out.config_paths = start_.options.config_paths;
  const auto limit = original_descriptor_limit();
  out.soft_limit = limit.rlim_cur;
  out.hard_limit = limit.rlim_max;
  out.is_daemon = start_.is_daemon;
  out.began_ms = began_.count();
  out.log_key = logs_.key();
  out.upgrades = upgrades_;
  start_.binaries.save(out);
  if (start_.pid_file) {
    out.pid_file = start_.pid_file->path();
    out.pid_file_fd = start_.pid_file->fd();
  }
  control_.save(out);
  sockets_.save(out);
  for (auto& socket : out.sockets) {
    const auto stored = store_.names().find(socket.key);
    if (stored != store_.names().end()) socket.stored_name = stored->second;
  }
  builder_.save(out);
  launchers_->save(out);
  out.epoch = epoch_;
  out.resolver_starts = resolver_starts_;
  out.generation = generation_;
  if (reactor_) out.reactor = {reactor_->pid(), reactor_->channel().fd()};
  for (const auto& past : past_reactors_) {
    out.retired.push_back({past->pid(), past->channel().fd()});
  }
  const auto save_resolver = [&](const RoleProcess& role) {
    out.resolvers.push_back({role.pid, role.channel.fd()});
  };
  if (resolver_) save_resolver(*resolver_);
  for (const auto& past : past_resolvers_) save_resolver(past);
  for (const auto& ban : bans_.list()) {
    out.bans.push_back({ban.source.high, ban.source.low, ban.source.bits, ban.until.count()});
  }
  for (const auto& [id, how] : holds_) out.holds.emplace(id, static_cast<int>(how));
  for (const auto& each : rpc_.registered()) {
    out.rpc.push_back({each.program, each.low_version, each.high_version, each.netid,
                       std::string(each.address.bytes())});
  }
  syslogs_.save(out);
  out.known_errors = saved_errors(diagnostics_);
  out.logs_with_rules = start_.load.logs_with_rules;
  out.tickets = upgrade_asks_;
  return out;
}

void Monitor::swap() {
  is_swap_due_ = false;
  readiness_.reloading();
  const auto state = upgrade_state();
  const auto memory = make_read_only_memory("uvinetd-state", print(state));
  if (!memory) {
    swap_guard_.reset();
    return refuse_upgrade({memory.error().text()});
  }
  log_.notice("upgrading: {} takes over", start_.binaries.program());
  log_.tell_repeats();
  log_.flush();
  const auto error =
      give_place({start_.binaries.program(), start_.argv, memory->get(), start_.binaries.own(),
                  descriptors_of(state), readiness_.variables()});
  swap_guard_.reset();
  refuse_upgrade({error.text()});
}

// ---- the program after -------------------------------------------------------------------------

void Monitor::resume() {
  const auto& saved = *start_.resumed;
  epoch_ = saved.epoch;
  resolver_starts_ = saved.resolver_starts;
  generation_ = saved.generation;
  began_ = std::chrono::milliseconds(saved.began_ms);
  upgrades_ = saved.upgrades + (start_.resume_failure.empty() ? 1 : 0);
  logs_.set_key(saved.log_key);
  sockets_.restore(saved);
  std::uint64_t last_stored = 0;
  store_.leave_room(static_cast<std::size_t>(std::count_if(
      saved.sockets.begin(), saved.sockets.end(),
      [](const SavedSocket& each) { return each.is_given && each.stored_name.empty(); })));
  for (const auto& socket : saved.sockets) {
    const auto stored = parse_stored_name(socket.stored_name);
    if (stored) last_stored = std::max(last_stored, stored->number);
  }
  store_.reserve_numbers(last_stored);
  builder_.restore(saved);
  launchers_->restore(saved);
  for (const auto& ban : saved.bans) {
    bans_.add({{ban.high, ban.low, ban.bits}, std::chrono::milliseconds(ban.until_ms)},
              loop_.now());
  }
  for (const auto& [id, how] : saved.holds) holds_.emplace(id, static_cast<HoldHow>(how));
  std::vector<RpcBinding> registered;
  for (const auto& each : saved.rpc) {
    registered.push_back(
        {each.program, each.low, each.high, each.netid, SocketAddress::from_bytes(each.address)});
  }
  rpc_.restore(std::move(registered));
  syslogs_.restore(saved);
  for (const auto& role : saved.resolvers) {
    past_resolvers_.push_back({role.pid, Channel(UniqueFd(role.channel))});
  }
  for (const auto& role : saved.retired) add_past_reactor(role);
  if (saved.reactor.pid > 0) giver_ = add_past_reactor(saved.reactor);
  // What the first table does not want any more is closed once it is in force.
  is_handing_over_ = is_publishing_ = true;
  watch_hand_over();
}

// Nobody pings while the reactor before serves.
void Monitor::watch_hand_over() {
  timers_.after(kHelloDeadline, [this] {
    if (!is_handing_over_ || is_stopping_) return;
    readiness_.alive();
    if (reactor_ && !has_hello_) reactor_->kill();
    watch_hand_over();
  });
}

ReactorRole* Monitor::add_past_reactor(const SavedRole& role) {
  const auto pid = role.pid;
  past_reactors_.push_back(std::make_unique<ReactorRole>(
      loop_, RoleProcess{pid, Channel(UniqueFd(role.channel))},
      [this, pid](const Message& message) { on_past_message(pid, message); }));
  return past_reactors_.back().get();
}

Monitor::PastReactors::iterator Monitor::find_past(pid_t pid) {
  return std::find_if(past_reactors_.begin(), past_reactors_.end(),
                      [pid](const auto& each) { return each->pid() == pid; });
}

// Called whenever one of the things has come about that it waits for.
void Monitor::hand_over() {
  if (!is_handing_over_ || is_retire_sent_ || is_stopping_) return;
  if (!has_hello_ || !launchers_->is_settled()) return;
  is_retire_sent_ = true;
  if (giver_ == nullptr) return on_giver_stopped();
  giver_->send(MessageType::Retire, "");
  giver_deadline_ = timers_.after(kStoppedDeadline, [this] {
    log_.warning("upgrade: a launch takes long; ending the launchers before");
    launchers_->kill_old();
    giver_deadline_ = timers_.after(kStoppedDeadline, [this] {
      giver_deadline_ = 0;
      if (giver_ == nullptr) return;
      log_.error("upgrade: the reactor before does not stop; ending it");
      giver_->kill();
    });
  });
}

// Those who asked talk to the reactor before, which keeps them until then.
void Monitor::answer_upgrade() {
  const auto tickets = std::exchange(start_.resumed->tickets, {});
  const auto found = find_past(start_.resumed->reactor.pid);
  if (found == past_reactors_.end()) return;
  auto& before = **found;
  const auto& failure = start_.resume_failure;
  for (const auto ticket : tickets) {
    const auto tell = [&](const std::string& line, bool is_last) {
      before.send(MessageType::ControlTold, print(ControlText{ticket, is_last, line}));
    };
    if (failure.empty()) {
      tell(reply_line("upgrade", {{"from", start_.resumed->from}, {"to", UVINETD_VERSION}}), false);
      tell(reply_end(), true);
    } else {
      tell(reply_line("problem", failure), false);
      tell(reply_error(
               {"refused", "the program that is there could not go on; the one before does"}),
           true);
    }
  }
}

void Monitor::on_giver_stopped() {
  giver_ = nullptr;
  timers_.cancel(giver_deadline_);
  launchers_->let_old_leave();
  giver_deadline_ = timers_.after(kLeavingDeadline, [this] {
    giver_deadline_ = 0;
    launchers_->kill_old();
  });
  if (is_stopping_) return on_reactor_stopped();
  open_if_handed_over();
}

void Monitor::open_if_handed_over() {
  if (!is_handing_over_ || !is_retire_sent_ || giver_ != nullptr || !launchers_->old().empty()) {
    return;
  }
  timers_.cancel(giver_deadline_);
  is_handing_over_ = false;
  open_reactor_if_drained();
}

void Monitor::on_past_message(pid_t pid, const Message& message) {
  const auto found = find_past(pid);
  auto* past = found == past_reactors_.end() ? nullptr : found->get();  // null: its last words
  switch (static_cast<MessageType>(message.type)) {
    case MessageType::Stopped:
      if (past != nullptr && past == giver_) on_giver_stopped();
      return;
    case MessageType::ClientBack:
      if (message.fds.size() == 1) take_client_back(message);
      return;
    case MessageType::EndServer:
      if (const auto order = parse_as<EndServer>(message.body)) launchers_->end_server(*order);
      return;
    case MessageType::Bans:
      if (const auto bans = parse_as<Bans>(message.body)) keep_bans(*bans);
      if (reactor_ && reactor_->is_open) reactor_->send(MessageType::Bans, message.body);
      return;
    case MessageType::ControlAsk:
      if (const auto ask = parse_as<ControlText>(message.body); ask && past != nullptr) {
        const auto busy = reply_error({"busy", "an upgrade is under way; ask again"});
        past->send(MessageType::ControlTold, print(ControlText{ask->ticket, true, busy}));
      }
      return;
    default:
      return;
  }
}

void Monitor::take_client_back(const Message& message) {
  if (reactor_ && reactor_->is_open) {
    return reactor_->send(MessageType::ClientBack, message.body, {message.fds[0].get()});
  }
  auto copy = copy_of(message.fds[0]);
  if (copy.is_open() && clients_back_.size() < kMostClientsBack) {
    clients_back_.emplace_back(message.body, std::move(copy));
    return;
  }
  log_.warning("upgrade: a client of the reactor before is lost: no room for it");
}

void Monitor::send_clients_back() {
  for (const auto& [body, fd] : std::exchange(clients_back_, {})) {
    reactor_->send(MessageType::ClientBack, body, {fd.get()});
  }
}

// A process has ended: true when it was one of those before.
bool Monitor::on_past_end(pid_t pid) {
  if (std::erase_if(past_resolvers_, [pid](const auto& each) { return each.pid == pid; }) > 0) {
    return true;
  }
  const auto found = find_past(pid);
  if (found == past_reactors_.end()) return false;
  const bool was_giver = found->get() == giver_;
  const auto past = std::move(*found);
  past_reactors_.erase(found);
  past->on_ended();
  if (!was_giver) return true;
  giver_ = nullptr;
  // Its launchers begin what it has sent; the new reactor comes when it is there.
  if (is_retire_sent_) on_giver_stopped();
  return true;
}

void Monitor::tell_upgraded() {
  answer_upgrade();
  const auto& from = start_.resumed->from;
  if (start_.resume_failure.empty()) {
    return tell(Event(LogLevel::Notice, "upgraded").add("from", from).add("to", UVINETD_VERSION));
  }
  log_.error("upgrade: the program that is there could not go on: {}; the one before does",
             start_.resume_failure);
}

}  // namespace uvinetd
