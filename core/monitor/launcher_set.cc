// SPDX-License-Identifier: ISC
#include "core/monitor/launcher_set.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "core/monitor/role.h"
#include "spawn/error_socket.h"

namespace uvinetd {
namespace {

constexpr std::chrono::seconds kSessionCheck{1};
constexpr std::chrono::seconds kStartDeadline{10};
constexpr std::chrono::seconds kErrorsCheck{1};
constexpr std::uint32_t kMostEarlyDeaths = 8;         // one after the other: about a second in all
constexpr std::chrono::milliseconds kEarlyRetry{10};  // after the second, doubled after each

}  // namespace

void LauncherSet::start(std::uint32_t identity, const std::string& name, int table) {
  if (const auto found = early_deaths_.find(identity); found != early_deaths_.end()) {
    timers_.cancel(found->second.retry);  // this is the one
  }
  auto page = make_shared_page("uvinetd-ledger", kLedgerBytes);
  auto role = page ? start_role(settings_.binary, "uvi-launcher: " + name, settings_.is_silent)
                   : Result<RoleProcess>(tl::unexpected(page.error()));
  auto ledger = page ? LedgerReader::map(page->reader.get())
                     : Result<LedgerReader>(tl::unexpected(page.error()));
  auto errors = make_error_socket();
  if (!role || !ledger || !errors) {
    const auto& error = !role ? role.error() : !ledger ? ledger.error() : errors.error();
    log_.error("launcher for {}: {}", name, error.text());
    callbacks_.on_failed({identity, error.code, error.op});
    return;
  }
  auto one = std::make_unique<One>();
  const auto id = one->id = ++last_id_;
  one->identity = identity;
  one->name = name;
  one->pid = role->pid;
  one->channel = std::move(role->channel);
  one->ledger_fd = std::move(page->reader);
  one->ledger = std::move(*ledger);
  one->errors = std::move(errors->reader);
  one->started = loop_.now();
  one->watcher =
      std::make_unique<FdWatcher>(loop_, one->channel.fd(), [this, id](int) { on_channel(id); });
  timers_.after(kStartDeadline, [this, id] {
    const auto found = all_.find(id);
    if (found != all_.end() && !found->second->is_ready) kill(id, "it does not start");
  });
  LauncherStart start;
  start.launcher = id;
  start.identity = identity;
  start.becomes_identity = settings_.becomes_identity;
  start.guard_gid = settings_.guard_gid;
  start.is_dumpable = settings_.is_dumpable;
  start.soft_descriptor_limit = settings_.soft_descriptor_limit;
  start.hard_descriptor_limit = settings_.hard_descriptor_limit;
  start.spawner = settings_.spawner;
  auto& placed = *all_.emplace(id, std::move(one)).first->second;
  send(placed, MessageType::ErrorSocket, "", {errors->writer.get()});
  send_error_files(placed);
  send(placed, MessageType::LauncherStart, print(start), {table, page->writer.get()});
}

void LauncherSet::send(One& one, MessageType type, const std::string& body,
                       const std::vector<int>& fds) {
  // Dead, which SIGCHLD tells, or we are out of descriptors to queue these: what has missed a
  // message is replaced.
  const auto sent = one.channel.send(static_cast<std::uint16_t>(type), body, fds);
  if (!sent && sent.error().code != EMSGSIZE) end(one);
  watch(one);
}

void LauncherSet::send_error_files(One& one) {
  constexpr std::size_t kMostPerMessage = 12;  // of the longest paths
  const auto all =
      callbacks_.error_files ? callbacks_.error_files(one.identity) : ErrorFileStore::Files();
  ErrorFiles part;
  std::vector<int> fds;
  const auto flush = [&] {
    send(one, MessageType::ErrorFiles, print(part), fds);
    part = {false, {}};
    fds.clear();
  };
  for (const auto& [path, fd] : all) {
    part.paths.push_back(path);
    fds.push_back(fd);
    if (fds.size() == kMostPerMessage) flush();
  }
  if (!fds.empty()) flush();
}

void LauncherSet::watch(One& one) {
  if (!one.watcher) return;
  one.watcher->watch(one.channel.has_backlog() ? UV_READABLE | UV_WRITABLE : UV_READABLE);
}

void LauncherSet::on_channel(std::uint32_t launcher) {
  const auto found = all_.find(launcher);
  if (found == all_.end()) return;
  auto& one = *found->second;
  (void)one.channel.flush();
  while (one.channel.is_open()) {
    const auto received = one.channel.receive();
    if (received.event == Channel::Event::Message) {
      on_message(one, received.message);
      if (!all_.contains(launcher)) return;
      continue;
    }
    if (received.event == Channel::Event::Nothing) break;
    // Closed: SIGCHLD follows. Malformed: it is ended.
    one.watcher.reset();
    one.channel.close();
    end(one);
    return;
  }
  watch(one);
}

void LauncherSet::on_message(One& one, const Message& message) {
  if (one.is_old) return;
  switch (static_cast<MessageType>(message.type)) {
    case MessageType::Hello: {
      const auto hello = parse_as<Hello>(message.body);
      if (hello && hello->build_id == build_id()) return;
      return fail(one, EPROTO, "it is of another build");
    }
    case MessageType::LauncherStarted: {
      const auto started = parse_as<LauncherStarted>(message.body);
      if (!started || started->code != 0) {
        return fail(one, started ? started->code : EPROTO, started ? started->step : "start");
      }
      one.is_ready = true;
      early_deaths_.erase(one.identity);
      return callbacks_.on_ready(one.id);
    }
    case MessageType::TableTaken:
      if (const auto taken = parse_as<Generation>(message.body)) {
        callbacks_.on_table_taken(one.id, taken->generation);
      }
      return;
    case MessageType::Drained:
      return callbacks_.on_drained(one.id);
    default:
      return;
  }
}

void LauncherSet::end(const One& one) {
  if (one.pid != 0) ::kill(one.pid, SIGKILL);
}

void LauncherSet::fail(One& one, int code, const std::string& step) {
  log_.error("launcher for {}: {}: {}", one.name, step, std::strerror(code));
  one.is_ending = true;
  end(one);
  callbacks_.on_failed({one.identity, code, step});
}

void LauncherSet::send_table(std::uint32_t generation, int table) {
  for (auto& [id, one] : all_) {
    if (one->is_old) continue;
    send_error_files(*one);
    send(*one, MessageType::Table, print(Generation{generation}), {table});
  }
}

void LauncherSet::commit_table(std::uint32_t generation) {
  for (auto& [id, one] : all_) {
    if (!one->is_old) send(*one, MessageType::TableCommit, print(Generation{generation}));
  }
}

void LauncherSet::retire(std::uint32_t launcher) {
  const auto found = all_.find(launcher);
  if (found == all_.end()) return;
  found->second->is_ending = true;
  send(*found->second, MessageType::StopLauncher, print(StopLauncher{StopHow::LeaveNow}));
}

void LauncherSet::stop_all(StopHow how) {
  for (auto& [id, one] : all_) {
    if (how == StopHow::LeaveNow) one->is_ending = true;
    send(*one, MessageType::StopLauncher, print(StopLauncher{how}));
  }
}

void LauncherSet::kill(std::uint32_t launcher, const char* why) {
  const auto found = all_.find(launcher);
  if (found == all_.end() || found->second->is_ending) return;
  log_.error("launcher for {}: {}; replacing it", found->second->name, why);
  end(*found->second);
}

void LauncherSet::give_up(std::uint32_t launcher, const Error& error) {
  const auto found = all_.find(launcher);
  if (found == all_.end() || found->second->is_ending) return;
  fail(*found->second, error.code, error.op);
}

void LauncherSet::end_server(const EndServer& order) {
  if (const auto found = all_.find(order.launcher); found != all_.end()) {
    return send(*found->second, MessageType::EndServer, print(order));
  }
  for (const auto& [pid, child] : adopted_) {
    if (child.id != order.id) continue;
    if (order.signal == SIGTERM || order.signal == SIGKILL) told_to_end_.insert(pid);
    signal_adopted(child, order.signal);
  }
}

Result<LauncherSet::ReactorEnd> LauncherSet::connect(std::uint32_t launcher, std::uint32_t epoch) {
  const auto found = all_.find(launcher);
  if (found == all_.end()) return uvinetd::fail("connect", {}, ESRCH);
  auto pair = Channel::make_pair();
  if (!pair) return tl::unexpected(pair.error());
  auto& one = *found->second;
  send(one, MessageType::ReactorChannel, print(Epoch{epoch}), {pair->first.get()});
  ReactorEnd end{one.identity, std::move(pair->second), one.ledger_fd.get(), {}};
  if (Channel::keeps_peeked()) end.queue = std::move(pair->first);
  return end;
}

// ---- death and adoption ----------------------------------------------------------------------

bool LauncherSet::on_process_end(const Exit& exit) {
  const auto found = std::find_if(all_.begin(), all_.end(),
                                  [&](const auto& each) { return each.second->pid == exit.pid; });
  if (found == all_.end()) return false;
  found->second->pid = 0;
  on_channel(found->first);  // its last words may say why
  const auto one = std::move(found->second);
  all_.erase(found);
  one->watcher.reset();
  if (!one->is_ending) {
    ++losses_;
    log_.error("launcher for {} ended: status={}", one->name, status_text(exit.status));
  }
  adopt(*one);
  orphaned_.push_back({one->id, one->identity, std::move(one->errors)});
  forget_errors_soon();
  callbacks_.on_gone(one->id);
  if (!one->is_ready && !one->is_ending) on_early_end(*one, exit.status);
  return true;
}

// Whoever kills a launcher says nothing about its identity: its clients wait for the next one. One
// that left by itself, or is killed each time, could not become what it should.
void LauncherSet::on_early_end(const One& one, int status) {
  auto& deaths = early_deaths_[one.identity];
  if (!WIFSIGNALED(status) || ++deaths.count >= kMostEarlyDeaths) {
    return callbacks_.on_failed({one.identity, ECHILD, "exec"});
  }
  const auto delay =
      deaths.count == 1 ? std::chrono::milliseconds(0) : kEarlyRetry * (1U << (deaths.count - 2));
  timers_.cancel(deaths.retry);
  deaths.retry = timers_.after(delay, [this, identity = one.identity] {
    early_deaths_[identity].retry = 0;
    callbacks_.on_killed_early(identity);
  });
}

// Its children are ours now (we are their subreaper), where the system has such a thing.
void LauncherSet::adopt(const One& one) {
  for (const auto& entry : one.ledger.entries()) {
    const auto& child = entry.child;
    // Starting, of which nobody knows more: settled by the reactor. Nothing of a server is init, or
    // this process's own.
    if (child.pid <= 1 || child.pid == getpgrp()) continue;
    if (entry.state == SlotState::Ended) {
      // Its report may have been lost with the launcher; a second one does no harm.
      Exit exit;
      exit.pid = child.pid;
      exit.status = entry.status;
      timers_.after(std::chrono::milliseconds(0), [this, child, exit] { report_end(child, exit); });
    } else {
      keep_child(child, entry.state == SlotState::Lingering || !is_child(child.pid));
    }
  }
}

// The number is a launcher's word, and a launcher is anybody's: as root only what is our child
// indeed gets a signal. A session whose leader has ended could be anybody's.
void LauncherSet::signal_adopted(const RunningChild& child, int signal) {
  if (geteuid() != 0 || is_child(child.pid)) ::kill(-child.pid, signal);
}

void LauncherSet::keep_child(const RunningChild& child, bool is_session) {
  adopted_.emplace(child.pid, child);
  if (!is_session) return;
  sessions_.insert(child.pid);
  watch_session(child);
}

// A child that is not ours to wait for: looked at until its process group is empty.
void LauncherSet::watch_session(const RunningChild& child) {
  timers_.after(kSessionCheck, [this, child] {
    if (!adopted_.contains(child.pid)) return;
    if (session_lives(child.pid)) {
      watch_session(child);
    } else {
      adopted_.erase(child.pid);
      sessions_.erase(child.pid);
      told_to_end_.erase(child.pid);
      report_end(child, {});
    }
  });
}

void LauncherSet::on_child_end(const Exit& exit) {
  auto node = adopted_.extract(exit.pid);
  sessions_.erase(exit.pid);
  if (!node) return;
  if (told_to_end_.erase(exit.pid) > 0) ::kill(-exit.pid, SIGKILL);  // the rest of its group
  forget_errors_soon();
  report_end(node.mapped(), exit);
}

void LauncherSet::report_end(const RunningChild& child, const Exit& exit) {
  Report report;
  report.kind = ReportKind::Exited;
  report.id = child.id;
  report.service = child.service;
  report.listener = child.listener;
  report.pid = child.pid;
  report.status = exit.pid != 0 ? exit.status : kUnknownStatus;
  report.user_usec = exit.user_usec;
  report.system_usec = exit.system_usec;
  report.max_rss_kib = exit.max_rss_kib;
  callbacks_.on_adopted_exit(child, report);
}

std::optional<LauncherSet::ErrorReader> LauncherSet::errors_of(std::uint32_t launcher) const {
  const auto found = all_.find(launcher);
  if (found == all_.end()) return std::nullopt;
  return ErrorReader{launcher, found->second->identity, found->second->errors.get()};
}

// Whoever could still write to one may just have ended; the reactor reads the rest first.
void LauncherSet::forget_errors_soon() {
  if (orphaned_.empty() || errors_check_ != 0) return;
  errors_check_ = timers_.after(kErrorsCheck, [this] {
    errors_check_ = 0;
    (void)orphaned_errors();
  });
}

std::vector<LauncherSet::ErrorReader> LauncherSet::orphaned_errors() {
  std::erase_if(orphaned_, [](const Orphaned& each) {
    pollfd one{each.errors.get(), POLLIN, 0};
    int unread = 0;
    return ::poll(&one, 1, 0) == 1 && (one.revents & POLLHUP) != 0 &&
           (::ioctl(each.errors.get(), FIONREAD, &unread) != 0 || unread == 0);
  });
  std::vector<ErrorReader> out;
  for (const auto& each : orphaned_) {
    out.push_back({each.launcher, each.identity, each.errors.get()});
  }
  return out;
}

// ---- look-ups --------------------------------------------------------------------------------

std::vector<std::uint32_t> LauncherSet::ready() const {
  std::vector<std::uint32_t> out;
  for (const auto& [id, one] : all_) {
    if (one->is_ready && !one->is_ending) out.push_back(id);
  }
  return out;
}

std::size_t LauncherSet::count_of(std::uint32_t identity) const {
  return static_cast<std::size_t>(
      std::count_if(all_.begin(), all_.end(), [identity](const auto& each) {
        return each.second->identity == identity && !each.second->is_ending;
      }));
}

std::vector<RunningChild> LauncherSet::adopted() const {
  std::vector<RunningChild> out;
  for (const auto& [pid, child] : adopted_) out.push_back(child);
  return out;
}

std::vector<pid_t> LauncherSet::pids() const {
  std::vector<pid_t> out;
  for (const auto& [id, one] : all_) {
    if (one->pid > 0) out.push_back(one->pid);
  }
  return out;
}

std::size_t LauncherSet::children() const {
  std::size_t count = adopted_.size();
  for (const auto& [id, one] : all_) count += one->ledger.entries().size();
  return count;
}

std::size_t LauncherSet::children_of(const std::set<std::uint32_t>& services) const {
  const auto is_of = [&](const RunningChild& child) { return services.contains(child.service); };
  auto count = std::count_if(adopted_.begin(), adopted_.end(),
                             [&](const auto& each) { return is_of(each.second); });
  for (const auto& [id, one] : all_) {
    const auto entries = one->ledger.entries();
    count += std::count_if(entries.begin(), entries.end(),
                           [&](const LedgerEntry& entry) { return is_of(entry.child); });
  }
  return static_cast<std::size_t>(count);
}

void LauncherSet::retire_unused(const std::function<bool(std::uint32_t)>& is_used) {
  for (auto& [id, one] : all_) {
    if (!one->is_ready || one->is_ending || is_used(one->identity)) continue;
    if (one->ledger.entries().empty()) retire(id);
  }
}

}  // namespace uvinetd
