// SPDX-License-Identifier: ISC
// The monitor's configuration: loading, publishing, retrying.
#include <algorithm>
#include <utility>

#include "core/base/run_folder.h"
#include "core/monitor/log_choice.h"
#include "core/monitor/monitor.h"
#include "core/monitor/service_log_files.h"

namespace uvinetd {
namespace {

constexpr std::chrono::seconds kPublishDeadline{5};
constexpr std::chrono::seconds kTableRetry{1};  // where there is no memory for one
constexpr std::chrono::milliseconds kFirstRetry{1'000};
constexpr std::chrono::milliseconds kFirstRetryOfStored{
    20};  // the manager may have it for a moment
constexpr std::chrono::milliseconds kLongestRetry{30'000};

// Where our own records are taken by a service of ours; "": nowhere.
std::string records_path(const std::vector<LoadedService>& services) {
  for (const auto& service : services) {
    if (service.syslog.is_default()) continue;
    for (const auto& listen : service.spec.listen) {
      const bool is_ours = listen.path == run_folder() + '/' + kRecordsName;
      if (is_ours && *listen.name == kRecordsName) return listen.path;
    }
  }
  return {};
}

}  // namespace

// A transaction: the new files are read and judged whole before anything changes.
void Monitor::reload() {
  if (is_stopping_) return;
  if (is_publishing_ || is_table_due_ || !is_ready_) {
    is_reload_due_ = true;
    return;
  }
  reload_answers_ = std::exchange(reload_asks_, {});
  readiness_.reloading();
  auto config = load_config(start_.options.config_paths, start_.load);
  const auto problems = new_errors(diagnostics_, config.diagnostics);
  logs_.reopen();  // files may have been moved away, to begin new ones: whatever comes of the rest
  for (const auto& diagnostic : config.diagnostics) {
    if (diagnostic.severity == Severity::Warning) log_.warning("{}", diagnostic.text());
  }
  if (config.is_unreadable || !problems.empty()) {
    reload_.reset();  // of one that could not be published
    // What made a file unreadable may have been said before: it is said again.
    const auto& told = problems.empty() ? config.diagnostics : problems;
    std::size_t errors = 0;
    for (const auto& diagnostic : told) {
      if (diagnostic.severity != Severity::Error) continue;
      ++errors;
      log_.error("{}", diagnostic.text());
    }
    log_.error("reload refused: {} new errors; nothing has changed", errors);
    syslogs_.reopen();  // as the other logs
    readiness_.ready("reload refused; " + summary());
    answer_reload(told);
    return swap_when_quiet();
  }
  if (config.daemon != daemon_) {
    log_.warning("what has changed in [daemon] comes into force at the next start");
  }
  reload_ = diff(services_.list(), config.services);
  take_config(std::move(config));
  logs_.send_services();
  sockets_.want(services_.list());
  let_go_of_inherited();
  serve_own_log();
  publish();
  arm_retry();
}

void Monitor::reopen_logs() {
  if (is_stopping_) return;
  logs_.reopen();
  syslogs_.reopen();
  if (is_ready_ && !error_files_.is_empty()) publish();
}

// Our own records go to a syslog service of ours by a socket that nobody else can write to.
void Monitor::serve_own_log() {
  const auto path = records_path(services_.list());
  logs_.set_syslog_path(path.empty() ? kSyslogPath : path);
}

void Monitor::take_config(LoadedConfig config) {
  logs_.want(service_log_files(config.services));
  syslogs_.want(config.services);
  if (const auto path = records_path(config.services); !path.empty()) {
    if (auto status = make_run_folder(path.substr(0, path.rfind('/'))); !status) {
      log_.warning("our own records: {}", status.error().text());
    }
  }
  services_.set(std::move(config.services));
  unresolved_ = std::move(config.unresolved);
  diagnostics_ = std::move(config.diagnostics);
  start_.load.logs_with_rules = std::move(config.logs_with_rules);
  const auto good = services_.size() + unresolved_.size();
  left_out_ = config.services_written > good ? config.services_written - good : 0;
}

Status Monitor::make_table() {
  tell_syslog_sockets();
  auto built = builder_.build(++generation_, services_.list(), sockets_);
  identities_ = std::move(built.identities);
  tell_access_problems();
  rule_files_.watch(builder_.access_lists().files());
  error_files_.want(built.error_files);
  syslogs_.place(std::move(built.channels));
  auto table = make_read_only_memory("uvinetd-table", built.bytes);
  if (!table) return tl::unexpected(table.error());
  table_ = std::move(*table);
  return {};
}

void Monitor::tell_syslog_sockets() {
  if (syslogs_.is_empty()) return;
  for (const auto& service : services_.list()) {
    if (service.syslog.is_default()) continue;
    std::vector<std::uint32_t> keys;
    for (const auto& listener : sockets_.listeners_of(service)) {
      keys.push_back(listener.key);
    }
    syslogs_.set_sockets(service.spec.id, std::move(keys));
  }
}

void Monitor::publish() {
  if (is_publishing_ || is_table_due_) {
    is_republish_due_ = true;
    return;
  }
  if (auto status = make_table(); !status) {
    log_.error("table: {}; trying again", status.error().text());
    is_table_due_ = true;
    timers_.after(kTableRetry, [this] {
      is_table_due_ = false;
      if (!is_stopping_) publish();
    });
    return;
  }
  is_publishing_ = true;
  const auto ready = launchers_->ready();
  awaited_tables_.insert(ready.begin(), ready.end());
  launchers_->send_table(generation_, table_.get());
  publish_deadline_ = timers_.after(kPublishDeadline, [this] {
    publish_deadline_ = 0;
    for (const auto launcher : awaited_tables_) launchers_->kill(launcher, "it takes no table");
    awaited_tables_.clear();
    tell_reactor();
  });
  if (awaited_tables_.empty()) tell_reactor();
}

void Monitor::on_table_taken(std::uint32_t launcher, std::uint32_t generation) {
  if (generation != generation_ || awaited_tables_.erase(launcher) == 0) return;
  if (awaited_tables_.empty()) tell_reactor();
}

// The launchers know the new services: the reactor may ask for them.
void Monitor::tell_reactor() {
  timers_.cancel(publish_deadline_);
  if (!reactor_ || !reactor_->is_open) return;  // a starting one gets it as its first table
  builder_.access_lists().send_new(*reactor_);
  reactor_->send(MessageType::Table, print(Generation{generation_}), {table_.get()});
  reactor_->send_listeners(sockets_.all());
  reactor_->send(MessageType::Apply, print(Generation{generation_}));
}

void Monitor::on_applied(std::uint32_t generation) {
  if (reactor_ && !std::exchange(reactor_->has_applied, true)) {
    reactor_applied_ = loop_.now();
    settled_timer_ = timers_.after(kSettled, [this] {
      settled_timer_ = 0;
      quick_deaths_ = 0;
      tell_troubles();
    });
  }
  if (!is_ready_) on_ready();
  if (is_publishing_ && generation == generation_ && awaited_tables_.empty()) return committed();
  swap_when_quiet();
}

// Nobody uses the table before any more.
void Monitor::committed() {
  is_publishing_ = false;
  launchers_->commit_table(generation_);
  const auto removals = store_.removals();
  syslogs_.committed();
  sockets_.close_unwanted();
  keep_sockets();
  builder_.access_lists().forget_unused();
  // An address that a removed socket held until now is free.
  if (sockets_.failed_count() > 0 && sockets_.retry()) is_republish_due_ = true;
  // Or will be in a moment, when the manager has let go of it too.
  if (store_.removals() > removals && sockets_.failed_count() > 0) arm_retry();
  launchers_->retire_unused([this](std::uint32_t identity) {
    return std::any_of(identities_.begin(), identities_.end(),
                       [identity](const auto& each) { return each.key == identity; });
  });
  if (std::exchange(is_republish_due_, false)) return publish();
  if (reload_) {
    tell(Event(LogLevel::Notice, "reload")
             .add("kept", reload_->kept)
             .add("added", reload_->added)
             .add("removed", reload_->removed)
             .add("changed", reload_->changed));
    answer_reload({});
    reload_.reset();
    rpc_.renew();
    readiness_.ready(status_text_now());
  } else {
    readiness_.status(status_text_now());
  }
  rpc_.want(sockets_.rpc_bindings(services_.list()));
  services_.pack();
  if (std::exchange(is_reload_due_, false)) return reload();
  if (std::exchange(is_upgrade_due_, false)) upgrade(0);
  swap_when_quiet();
}

// The table in force has no other sockets.
void Monitor::keep_sockets() {
  if (store_.is_there()) store_.want(sockets_.storable());
}

void Monitor::tell_access_problems() {
  for (const auto& problem : builder_.access_lists().take_problems()) log_.error("{}", problem);
}

// A reactor that is not there yet gets them with its start.
void Monitor::on_rule_files_changed() {
  if (is_stopping_) return;
  auto& lists = builder_.access_lists();
  const bool has_new = lists.refresh();
  tell_access_problems();
  if (has_new && reactor_) lists.send_new(*reactor_);
}

bool Monitor::has_to_retry() const {
  return sockets_.failed_count() > 0 || !unresolved_.empty() || error_files_.has_failed();
}

void Monitor::arm_retry() {
  retry_delay_ = store_.removals() > 0 ? kFirstRetryOfStored : kFirstRetry;
  timers_.cancel(retry_timer_);
  if (!has_to_retry()) return;
  retry_timer_ = timers_.after(retry_delay_, [this] {
    retry_timer_ = 0;
    on_retry();
  });
}

void Monitor::on_retry() {
  if (is_stopping_) return;
  const bool is_bound = sockets_.failed_count() > 0 && sockets_.retry();
  const bool has_file = error_files_.retry();
  if (is_bound || has_file) publish();
  if (!unresolved_.empty() && retry_delay_ >= kLongestRetry) reload();  // look the names up again
  if (retry_timer_ != 0 || !has_to_retry()) return;
  retry_delay_ = std::min(retry_delay_ * 2, kLongestRetry);
  retry_timer_ = timers_.after(retry_delay_, [this] {
    retry_timer_ = 0;
    on_retry();
  });
}

}  // namespace uvinetd
