// SPDX-License-Identifier: ISC
#include "core/monitor/monitor.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <utility>

#include "core/base/process.h"
#include "core/monitor/limits.h"
#include "core/monitor/state_file.h"
#include "spawn/identity.h"

namespace uvinetd {
namespace {

constexpr rlim_t kSpareDescriptors = 4096;  // beside the sockets: sessions, launches in flight

}  // namespace

Monitor::Monitor(MonitorStart start, Log& log)
    : start_(std::move(start)),
      log_(log),
      readiness_(start_.options.ready_fd),
      store_(timers_, log, readiness_, original_descriptor_limit().rlim_cur),
      sockets_(log, start_.options.backlog),
      builder_(start_.options, start_.environment),
      daemon_(start_.config.daemon),
      diagnostics_(start_.config.diagnostics),
      logs_(timers_, log, start_.options, start_.is_daemon,
            [this](const LogTargetForm& form, int fd) {
              if (reactor_) {
                reactor_->send(MessageType::LogTarget, print(form),
                               fd < 0 ? std::vector<int>() : std::vector<int>{fd});
              }
            }) {
  const auto& account = start_.account;
  reactor_uid_ = account.uid;
  reactor_gid_ = account.gid;
  if (!account.missing.empty() && !start_.resumed) {
    log_.warning(
        "no account \"{}\" for the reactor: using the unnamed id {} (to create it: useradd "
        "--system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin {})",
        account.missing, account.uid, account.missing);
  }
  global_instances_ = global_instance_limit();
  const auto original = original_descriptor_limit();
  LauncherSet::Settings settings;
  settings.binary = start_.binaries.launcher();
  settings.becomes_identity = can_change_identity();
  settings.guard_gid = settings.becomes_identity ? reactor_gid_ : 0;
  settings.is_dumpable = start_.options.core_dumps;
  settings.is_silent = start_.is_daemon;
  settings.soft_descriptor_limit = original.rlim_cur;
  settings.hard_descriptor_limit = original.rlim_max;
  settings.spawner = start_.options.spawner;
  launchers_ = std::make_unique<LauncherSet>(
      loop_, timers_, log_, settings,
      LauncherSet::Callbacks{
          [this](std::uint32_t id) {
            connect_launcher(id, false);
            hand_over();
          },
          [this](std::uint32_t id) { on_drained(id); },
          [this](std::uint32_t id, std::uint32_t generation) { on_table_taken(id, generation); },
          [this](std::uint32_t id) { on_launcher_gone(id); },
          [this](const LauncherFailed& failure) {
            failed_identities_.insert(failure.identity);
            timers_.after(std::chrono::seconds(2), [this, identity = failure.identity] {
              failed_identities_.erase(identity);
            });
            broken_identities_.insert(failure.identity);
            tell_troubles();
            if (reactor_) reactor_->send(MessageType::LauncherFailed, print(failure));
          },
          [this](std::uint32_t identity) { replace_launcher(identity); },
          [this](const RunningChild& child, const Report& report) {
            on_adopted_exit(child, report);
          },
          [this](std::uint32_t identity) {
            auto files = error_files_.of(identity);
            auto channels = syslogs_.of(identity);
            std::move(channels.begin(), channels.end(), std::back_inserter(files));
            return files;
          }});
}

Monitor::~Monitor() {
  reactor_.reset();
  launchers_.reset();
  signals_.clear();
}

int Monitor::run() {
  become_subreaper();
  const auto on_signal = [this](int signal, std::function<void()> callback) {
    signals_.push_back(std::make_unique<SignalWatcher>(loop_, signal, std::move(callback)));
  };
  on_signal(SIGCHLD, [this] { on_child(); });
  on_signal(SIGHUP, [this] { reload(); });
  on_signal(SIGTERM, [this] { stop(false); });
  on_signal(SIGINT, [this] { stop(true); });
  on_signal(SIGQUIT, [this] { stop(true); });
  on_signal(SIGUSR1, [this] { write_state(); });
  on_signal(SIGUSR2, [this] { upgrade(0); });
  if (start_.resumed) {
    resume();
    unblock_signals();  // since before this program began
  }
  begin();
  on_child();  // who has ended meanwhile, and was told of to nobody
  loop_.run();
  return exit_status_;
}

// ---- start -----------------------------------------------------------------------------------

void Monitor::begin() {
  take_config(std::move(start_.config));
  store_.reserve_numbers(start_.inherited.last_number());
  store_.leave_room(start_.inherited.given());
  sockets_.inherit(std::move(start_.inherited));
  sockets_.plan(services_.list());
  (void)raise_descriptor_limit(static_cast<rlim_t>(sockets_.due_count()) + kSpareDescriptors);
  open_control();
  is_binding_ = true;
  start_reactor();
  if (is_stopping_) return;
  start_launchers_ahead();
  let_go_of_inherited();
  if (!bind_everything() && !start_.resumed)
    return fail_start("none of the configured addresses could be bound");
  is_binding_ = false;
  serve_own_log();
  arm_retry();
  open_reactor_if_drained();
}

// Before anything is bound: what is not wanted any more may be in the way. It is kept as long as
// there are services whose address nobody knows yet.
void Monitor::let_go_of_inherited() {
  if (unresolved_.empty()) store_.remove(sockets_.close_inherited());
}

// False: there was something to be bound, and none of it could be.
bool Monitor::bind_everything() {
  for (bool has_more = true; has_more;) {
    std::vector<std::pair<std::uint32_t, int>> bound;
    has_more = sockets_.bind_some(Channel::kMaxFds, bound);
    if (reactor_) reactor_->send_listeners(bound);
  }
  const auto failures = sockets_.failures();
  if (start_.is_daemon) {  // whoever starts a daemon looks at its stderr, not at syslog
    for (const auto& failure : failures) std::fprintf(stderr, "uvinetd: %s\n", failure.c_str());
  }
  // The manager may still have a socket in the way that it was told to let go.
  return failures.empty() || sockets_.count() > 0 || store_.removals() > 0;
}

void Monitor::fail_start(const std::string& reason) {
  log_.error("cannot start: {}", reason);
  readiness_.status("cannot start: " + reason);
  start_.report.failed(1, "uvinetd: cannot start: " + reason);
  exit_status_ = 1;
  finish();
}

std::string Monitor::summary() const {
  std::string out = std::to_string(services_.size()) + " services, " +
                    std::to_string(sockets_.count()) + " sockets";
  if (left_out_ > 0) out += ", " + std::to_string(left_out_) + " left out";
  const auto retrying = sockets_.failed_count() + unresolved_.size();
  if (retrying > 0) out += ", " + std::to_string(retrying) + " retrying";
  return out;
}

void Monitor::on_ready() {
  is_ready_ = true;
  if (start_.pid_file) {
    if (auto status = start_.pid_file->write(); !status) {
      log_.error("{}", status.error().text());
    }
  }
  if (start_.resumed) {
    tell_upgraded();
  } else {
    log_.notice("ready: {}", summary());
  }
  start_.report.ready();
  if (start_.is_daemon) detach_stdio();
  readiness_.ready(status_text_now());
  keep_sockets();
  rpc_.want(sockets_.rpc_bindings(services_.list()));
  services_.pack();
  if (std::exchange(is_reload_due_, false)) reload();
  if (std::exchange(is_upgrade_due_, false)) upgrade(0);
}

// ---- signals ---------------------------------------------------------------------------------

// Launchers first: the children of one that died in this batch become known by its ledger.
void Monitor::on_child() {
  std::vector<Exit> others;
  std::optional<Exit> reactor;
  while (const auto exit = reap_one()) {
    if (reactor_ && exit->pid == reactor_->pid()) {
      reactor = exit;
    } else if (resolver_ && exit->pid == resolver_->pid) {
      resolver_.reset();
    } else if (!rpc_.on_process_end(exit->pid) && !on_past_end(exit->pid) &&
               !(upgrade_check_ && upgrade_check_->on_process_end(*exit)) &&
               !launchers_->on_process_end(*exit)) {
      others.push_back(*exit);
    }
  }
  for (const auto& exit : others) launchers_->on_child_end(exit);
  if (reactor) on_reactor_end(*reactor);
  leave_if_alone();
}

void Monitor::write_state() {
  StateSnapshot state;
  state.summary = summary();
  state.degraded = troubles();
  state.generation = generation_;
  state.reactor_pid = reactor_ ? reactor_->pid() : 0;
  state.reactor_epoch = epoch_;
  state.launchers = launchers_->count();
  state.children = launchers_->children();
  for (const auto& service : services_.list()) {
    auto& entry = state.services.emplace_back();
    entry.id = service.spec.id;
    for (const auto& listener : sockets_.listeners_of(service)) {
      entry.addresses.push_back(listener.address.text());
    }
  }
  if (is_ready_) services_.pack();
  if (auto status = write_state_file(state); !status) log_.error("{}", status.error().text());
}

}  // namespace uvinetd
