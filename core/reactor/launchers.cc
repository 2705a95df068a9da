// SPDX-License-Identifier: ISC
#include "core/reactor/launchers.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "core/base/clock.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kEndAfter{500};  // a closed channel whose process lives on
constexpr std::chrono::milliseconds kShortTime{50};  // without descriptors
constexpr std::chrono::seconds kAskAnew{1};          // for one that never came
constexpr std::chrono::seconds kRetireAfter{30};     // a spare launcher without children

}  // namespace

Launchers::Launchers(Loop& loop, Timers& timers, Callbacks callbacks, std::size_t most_for_speed)
    : loop_(loop),
      timers_(timers),
      callbacks_(std::move(callbacks)),
      most_for_speed_(most_for_speed) {}

void Launchers::join(std::uint32_t launcher, std::uint32_t identity, UniqueFd channel,
                     UniqueFd queue, LedgerReader ledger) {
  if (all_.contains(launcher)) return;  // its number is used once
  auto one = std::make_unique<One>();
  one->id = launcher;
  one->identity = identity;
  one->channel = Channel(std::move(channel));
  one->queue = Channel(std::move(queue));
  one->ledger = std::move(ledger);
  one->last_answer = loop_.now();
  one->watcher = std::make_unique<FdWatcher>(
      loop_, one->channel.fd(), [this, launcher](int events) { on_ready(launcher, events); });
  watch(*one);
  auto& placed = *one;
  by_identity_[identity].push_back(one.get());
  all_.insert_or_assign(launcher, std::move(one));
  maybe_retire(placed);  // it may be that nobody needs it any more
  asked_.erase(identity);
  if (starved_.erase(identity) > 0) callbacks_.on_room(identity);
}

void Launchers::start_reading() {
  is_reading_ = true;
  for (auto& [id, one] : all_) watch(*one);
}

void Launchers::watch(One& one) {
  if (!is_reading_ || one.watcher == nullptr) return;
  one.watcher->watch(one.channel.has_backlog() ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

void Launchers::on_ready(std::uint32_t launcher, int) {
  const auto found = all_.find(launcher);
  if (found == all_.end()) return;
  auto& one = *found->second;
  (void)one.channel.flush();
  read(one);
}

// Reads all that is there. A closed channel is left open until the monitor says what happened.
void Launchers::read(One& one) {
  while (one.channel.is_open()) {
    auto received = one.channel.receive();
    if (received.event == Channel::Event::Nothing) break;
    // A report is a report without the connection that this process has no descriptor for.
    const bool is_message = received.event == Channel::Event::Message ||
                            received.event == Channel::Event::TooFewDescriptors;
    auto reports =
        is_message && received.message.type == static_cast<std::uint16_t>(MessageType::Reports)
            ? parse_as<Reports>(received.message.body)
            : std::nullopt;
    if (!reports) {
      // Dead (the monitor will say so), or it speaks nonsense or has refused ours: it is ended.
      one.watcher.reset();
      one.channel.close();
      timers_.after(kEndAfter, [this, id = one.id] {
        if (!all_.contains(id)) return;
        callbacks_.tell_monitor(MessageType::StuckLauncher, print(LauncherNumber{id, true}));
      });
      return;
    }
    on_reports(one, std::move(*reports), std::move(received.message.fds));
  }
  if (one.channel.is_open()) watch(one);
}

// A launch that failed comes with its connection.
void Launchers::on_reports(One& one, Reports reports, std::vector<UniqueFd> connections) {
  one.last_answer = loop_.now();
  one.is_stalled = false;
  for (auto& report : reports.list) {
    std::optional<InFlight> launch;
    if (auto node = in_flight_.extract(report.id)) {
      launch = std::move(node.mapped());
      one.in_flight.erase(report.id);
      if (launch->is_connection && !connections.empty() && report.kind == ReportKind::Failed) {
        launch->copy = std::move(connections.front());
      }
    }
    if (report.kind == ReportKind::Started) one.running.insert(report.id);
    if (report.kind == ReportKind::Exited) one.running.erase(report.id);
    callbacks_.on_report(report, std::move(launch));
  }
  if (starved_.contains(one.identity) && best(one.identity) != nullptr) {
    starved_.erase(one.identity);
    callbacks_.on_room(one.identity);
  }
  maybe_retire(one);
}

std::size_t Launchers::One::waiting() const {
  const auto taken = ledger.taken();
  return taken <= sent ? std::min<std::size_t>(sent - taken, in_flight.size()) : 0;
}

// The launcher that comes to it first: of those that have next to nothing to do and about as many
// children, always the same one, so that another that is not needed stays idle and is let go.
Launchers::One* Launchers::best(std::uint32_t identity) {
  constexpr std::size_t kShortQueue = 2;
  constexpr std::size_t kAboutAsMany = 64;
  const auto found = by_identity_.find(identity);
  if (found == by_identity_.end()) return nullptr;
  One* best = nullptr;
  auto least = std::pair(std::numeric_limits<std::size_t>::max(), std::size_t{0});
  for (auto* one : found->second) {
    const auto load = one->in_flight.size() + one->running.size();
    if (one->is_stalled || one->is_retired || one->is_broken || one->is_short ||
        !one->channel.is_open() || one->channel.has_backlog() ||
        one->in_flight.size() >= kMostInFlight || load >= kLedgerSlots - 16) {
      continue;
    }
    const auto waiting = one->waiting();
    const auto cost = std::pair(waiting < kShortQueue ? 0 : waiting, load / kAboutAsMany);
    if (cost >= least) continue;
    best = one;
    least = cost;
  }
  return best;
}

// One launcher starts one server at a time. When launches keep standing in line, another one uses
// another processor.
void Launchers::note_queue(std::uint32_t identity, std::size_t waiting) {
  constexpr std::size_t kLine = 3;
  constexpr std::size_t kPatience = 256;  // launches
  auto& crowding = crowding_[identity];
  if (waiting < kLine) {
    crowding -= crowding > 0 ? 1 : 0;
  } else if (++crowding >= kPatience) {
    crowding = 0;
    if (count_of(identity) < most_for_speed_) ask_for_one(identity);
  }
}

bool Launchers::has_room(std::uint32_t identity) {
  const auto* one = best(identity);
  if (one == nullptr) {
    starved_.insert(identity);
    // All busy with launches is backpressure; all full of children, stalled or none needs another.
    const auto found = by_identity_.find(identity);
    const bool is_only_busy =
        found != by_identity_.end() &&
        std::any_of(found->second.begin(), found->second.end(), [](const One* each) {
          return each->channel.is_open() && !each->is_stalled && !each->is_broken &&
                 !each->is_retired && each->running.size() < kComfortableChildren;
        });
    if (!is_only_busy) ask_for_one(identity);
    return false;
  }
  if (one->running.size() + one->in_flight.size() >= kComfortableChildren) ask_for_one(identity);
  return true;
}

void Launchers::ask_for_one(std::uint32_t identity) {
  if (!asked_.insert(identity).second) return;
  const auto found = by_identity_.find(identity);
  const auto known =
      found == by_identity_.end() ? 0U : static_cast<std::uint32_t>(found->second.size());
  callbacks_.tell_monitor(MessageType::NeedLauncher, print(NeedLauncher{identity, known}));
}

bool Launchers::failed(std::uint32_t identity) {
  asked_.erase(identity);
  return count_of(identity) == 0;
}

bool Launchers::submit(InFlight& launch, const std::vector<int>& sockets) {
  auto* one = best(launch.identity);
  if (one == nullptr) return false;
  Launch order{launch.id, launch.service, launch.listener, launch.sockets};
  if (launch.local.is_ip()) {
    order.peer = launch.peer.bytes();
    order.local = launch.local.bytes();
  }
  const auto sent =
      one->channel.send(static_cast<std::uint16_t>(MessageType::Launch), print(order), sockets);
  if (!sent) {
    const auto code = sent.error().code;
    if (code == EMFILE || code == ENFILE) {
      wait_for_descriptors(*one);
    } else {
      one->is_broken = true;
    }
    return false;
  }
  if (one->channel.has_backlog()) watch(*one);
  if (one->in_flight.empty()) one->last_answer = loop_.now();
  ++one->sent;
  one->in_flight.insert(launch.id);
  note_queue(one->identity, one->waiting());
  if (one->queue.is_open() && !one->channel.has_backlog()) launch.copy.reset();
  in_flight_.insert_or_assign(launch.id, std::move(launch));
  arm_deadline_check();
  return true;
}

void Launchers::wait_for_descriptors(One& one) {
  one.is_short = true;
  timers_.after(kShortTime, [this, id = one.id] {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    const auto identity = found->second->identity;
    found->second->is_short = false;
    if (!starved_.contains(identity) || !has_room(identity)) return;
    starved_.erase(identity);
    callbacks_.on_room(identity);
  });
}

void Launchers::count_child(LaunchId id, std::uint32_t launcher) {
  if (const auto found = all_.find(launcher); found != all_.end())
    found->second->running.insert(id);
}

std::vector<std::pair<std::uint32_t, LedgerEntry>> Launchers::ledger_entries() const {
  std::vector<std::pair<std::uint32_t, LedgerEntry>> out;
  for (const auto& [id, one] : all_) {
    for (auto& entry : one->ledger.entries()) out.emplace_back(id, std::move(entry));
  }
  return out;
}

RunningChild Launchers::child_of(const Report& report) const {
  for (const auto& [launcher, entry] : ledger_entries()) {
    if (entry.child.id == report.id && entry.child.pid == report.pid) return entry.child;
  }
  return {report.id, report.service, report.listener, report.pid, monotonic_now().count(), ""};
}

std::uint32_t Launchers::launcher_of(LaunchId id) const {
  for (const auto& [launcher, one] : all_) {
    if (one->running.contains(id)) return launcher;
  }
  return 0;
}

// ---- death and silence -----------------------------------------------------------------------

void Launchers::gone(std::uint32_t launcher) {
  const auto found = all_.find(launcher);
  if (found == all_.end()) {  // it may be what somebody waits for
    timers_.after(kAskAnew, [this] { ask_anew(); });
    return;
  }
  read(*found->second);  // its last words
  auto one = std::move(found->second);
  all_.erase(found);
  auto& siblings = by_identity_[one->identity];
  std::erase(siblings, one.get());
  if (siblings.empty()) by_identity_.erase(one->identity);
  take_back(*one);
  settle(*one);
  // Who waited for this one's answers would wait for ever: no other report may ever come.
  asked_.erase(one->identity);
  if (starved_.contains(one->identity) && has_room(one->identity)) {
    starved_.erase(one->identity);
    callbacks_.on_room(one->identity);
  }
}

// Who was told that a launcher is on its way that has died on it.
void Launchers::ask_anew() {
  asked_.clear();
  const std::vector<std::uint32_t> waiting(starved_.begin(), starved_.end());
  for (const auto identity : waiting) {
    if (!has_room(identity)) continue;
    starved_.erase(identity);
    callbacks_.on_room(identity);
  }
}

// The connections that the launcher had not taken off its queue, or not to the end. Where this
// process has no descriptor for one, it is lost.
void Launchers::take_back(One& one) {
  while (one.queue.is_open()) {
    auto received = one.queue.receive();
    if (received.event == Channel::Event::Nothing || received.event == Channel::Event::Closed) {
      return;
    }
    const auto launch = parse_as<Launch>(received.message.body);
    if (!launch || !one.in_flight.contains(launch->id)) continue;
    const auto known = in_flight_.find(launch->id);
    if (known == in_flight_.end() || !known->second.is_connection) continue;
    if (received.message.fds.size() == 1) {
      known->second.copy = std::move(received.message.fds.front());
    }
  }
}

void Launchers::settle(One& one) {
  const std::vector<LaunchId> unanswered(one.in_flight.begin(), one.in_flight.end());
  for (const auto id : unanswered) {
    auto node = in_flight_.extract(id);
    if (!node) continue;
    const auto entry = one.ledger.find(id);
    if (!entry) {
      callbacks_.on_settled(std::move(node.mapped()), Settled::NeverStarted, 0);
    } else if (entry->child.pid > 0) {
      callbacks_.on_settled(std::move(node.mapped()), Settled::Running, entry->child.pid);
    } else if (one.ledger.has_certain_pids() && entry->state != SlotState::HandedOver) {
      callbacks_.on_settled(std::move(node.mapped()), Settled::NeverStarted, 0);
    } else {
      callbacks_.on_settled(std::move(node.mapped()), Settled::Unknown, 0);
    }
  }
}

void Launchers::arm_deadline_check() {
  if (deadline_check_ != 0) return;
  deadline_check_ = timers_.after(kLaunchDeadline / 2, [this] {
    deadline_check_ = 0;
    check_deadlines();
  });
}

void Launchers::check_deadlines() {
  const auto now = loop_.now();
  for (auto& [id, one] : all_) {
    if (one->in_flight.empty()) continue;
    const auto silent = now - one->last_answer;
    if (silent >= kLaunchDeadline && !one->is_stalled) {
      one->is_stalled = true;
      callbacks_.tell_monitor(MessageType::StuckLauncher, print(LauncherNumber{id, false}));
      if (starved_.contains(one->identity)) ask_for_one(one->identity);
    }
    if (silent >= kSilentDeadline) {
      callbacks_.tell_monitor(MessageType::StuckLauncher, print(LauncherNumber{id, true}));
    }
  }
  if (!in_flight_.empty()) arm_deadline_check();
}

// A spare launcher that has stood without children and launches for a while is let go.
void Launchers::maybe_retire(One& one) {
  if (!one.is_spare() || one.is_retire_due || count_of(one.identity) < 2) return;
  one.is_retire_due = true;
  timers_.after(kRetireAfter, [this, id = one.id] {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    auto& spare = *found->second;
    spare.is_retire_due = false;
    if (loop_.now() - spare.last_answer < kRetireAfter) return maybe_retire(spare);
    if (!spare.is_spare() || count_of(spare.identity) < 2) return;
    spare.is_retired = true;
    callbacks_.tell_monitor(MessageType::RetireLauncher, print(LauncherNumber{id, false}));
  });
}

std::size_t Launchers::count_of(std::uint32_t identity) const {
  const auto found = by_identity_.find(identity);
  if (found == by_identity_.end()) return 0;
  return static_cast<std::size_t>(std::count_if(found->second.begin(), found->second.end(),
                                                [](const One* one) { return !one->is_retired; }));
}

}  // namespace uvinetd
