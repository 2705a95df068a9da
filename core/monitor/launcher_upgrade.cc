// SPDX-License-Identifier: ISC
// Launchers over an upgrade: saved by one program, and let go by the next.
#include <algorithm>
#include <csignal>
#include <utility>

#include "core/base/process.h"
#include "core/monitor/launcher_set.h"

namespace uvinetd {

void LauncherSet::save(UpgradeState& state) const {
  state.last_launcher = last_id_;
  state.launcher_losses = losses_;
  for (const auto& [id, one] : all_) {
    if (one->pid == 0 || !one->channel.is_open()) continue;
    state.launchers.push_back({id,
                               one->identity,
                               one->name,
                               {one->pid, one->channel.fd()},
                               one->ledger_fd.get(),
                               one->errors.get()});
  }
  for (const auto& [pid, child] : adopted_) {
    state.adopted.push_back({child.id, child.service, child.listener, child.pid, child.started_ns,
                             child.peer, sessions_.contains(pid), told_to_end_.contains(pid)});
  }
  for (const auto& each : orphaned_) {
    state.orphaned.push_back({each.launcher, each.identity, each.errors.get()});
  }
}

void LauncherSet::restore(const UpgradeState& state) {
  last_id_ = state.last_launcher;
  losses_ = state.launcher_losses;
  for (const auto& saved : state.launchers) {
    auto one = std::make_unique<One>();
    const auto id = one->id = saved.id;
    one->identity = saved.identity;
    one->name = saved.name;
    one->pid = saved.role.pid;
    one->channel = Channel(UniqueFd(saved.role.channel));
    one->ledger_fd.reset(saved.ledger);
    one->errors.reset(saved.errors);
    one->started = loop_.now();
    one->is_ready = one->is_ending = one->is_old = true;
    auto ledger = LedgerReader::map(saved.ledger);
    if (ledger) {
      one->ledger = std::move(*ledger);
    } else {
      log_.error("launcher for {}: {}; its servers are not counted", one->name,
                 ledger.error().text());
    }
    one->watcher =
        std::make_unique<FdWatcher>(loop_, one->channel.fd(), [this, id](int) { on_channel(id); });
    watch(*all_.emplace(id, std::move(one)).first->second);
  }
  for (const auto& saved : state.adopted) {
    if (saved.is_told_to_end) told_to_end_.insert(saved.pid);
    keep_child({saved.id, saved.service, saved.listener, saved.pid, saved.started_ns, saved.peer},
               saved.is_session);
  }
  for (const auto& saved : state.orphaned) {
    orphaned_.push_back({saved.launcher, saved.identity, UniqueFd(saved.fd)});
  }
}

void LauncherSet::let_old_leave() {
  for (auto& [id, one] : all_) {
    if (!one->is_old) continue;
    send(*one, MessageType::StopLauncher, print(StopLauncher{StopHow::LeaveWhenDone}));
  }
}

void LauncherSet::kill_old() {
  for (const auto& [id, one] : all_) {
    if (one->is_old) end(*one);
  }
}

std::vector<std::uint32_t> LauncherSet::old() const {
  std::vector<std::uint32_t> out;
  for (const auto& [id, one] : all_) {
    if (one->is_old) out.push_back(id);
  }
  return out;
}

bool LauncherSet::is_settled() const {
  return std::all_of(all_.begin(), all_.end(), [](const auto& each) {
    return each.second->is_ready || each.second->is_ending;
  });
}

bool LauncherSet::has_ready(std::uint32_t identity) const {
  return std::any_of(all_.begin(), all_.end(), [identity](const auto& each) {
    const auto& one = *each.second;
    return one.identity == identity && one.is_ready && !one.is_ending;
  });
}

bool LauncherSet::has_ended_channel() const {
  return std::any_of(all_.begin(), all_.end(),
                     [](const auto& each) { return !each.second->channel.is_open(); });
}

bool LauncherSet::has_backlog() const {
  return std::any_of(all_.begin(), all_.end(),
                     [](const auto& each) { return each.second->channel.has_backlog(); });
}

}  // namespace uvinetd
