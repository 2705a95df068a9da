// SPDX-License-Identifier: ISC
#include "core/monitor/log_keeper.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/monitor/append_file.h"
#include "core/monitor/log_choice.h"
#include "core/monitor/service_log_files.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{1'000};
constexpr std::chrono::milliseconds kLongestRetry{30'000};

}  // namespace

LogKeeper::LogKeeper(Timers& timers, Log& log, const CommandLine& options, bool is_daemon,
                     Send send)
    : timers_(timers),
      log_(log),
      options_(options),
      is_daemon_(is_daemon),
      syslog_path_(kSyslogPath),
      send_(std::move(send)),
      tender_(timers, log, [this] { open_own(); }) {
  log_.set_format(options.log_format);
  log_.on_file_trouble([this](int code) { note(own_code_, code); });
}

LogKeeper::~LogKeeper() {
  log_.on_file_trouble({});
  timers_.cancel(timer_);
}

Result<LogTarget> LogKeeper::open() {
  return open_log_for_role(options_, is_daemon_, syslog_path_);
}

Result<LogTarget> LogKeeper::open_for_reactor(ReactorStart& start) {
  reactor_code_ = 0;
  start.log_format = static_cast<std::uint8_t>(options_.log_format);
  start.log_addresses = static_cast<std::uint8_t>(options_.log_addresses);
  start.log_key.assign(key_.begin(), key_.end());
  auto target = open();
  if (target) start.log_form = static_cast<std::uint8_t>(target->form);
  if (target && !options_.log_file.empty() && target->form != LogForm::File) {
    failed(options_.log_file, "log file=" + options_.log_file +
                                  ": it cannot be opened; the log goes elsewhere until it can");
  }
  return target;
}

void LogKeeper::want(std::set<std::string> files) {
  services_ = std::move(files);
  std::erase_if(failed_, [this](const auto& file) {
    return file != options_.log_file && !services_.contains(file);
  });
}

void LogKeeper::open_own() {
  if (auto target = open()) log_.open(std::move(*target), "uvinetd");
}

void LogKeeper::set_syslog_path(const std::string& path) {
  if (path == syslog_path_) return;
  syslog_path_ = path;
  reopen();
}

void LogKeeper::send_daemon() {
  auto target = open();
  if (!target) return;  // it asks again
  const bool is_file = target->form == LogForm::File;
  send_({static_cast<std::uint8_t>(target->form), false, ""}, target->fd.get());
  if (options_.log_file.empty() || options_.log_to_stderr) return;
  if (is_file) return opened(options_.log_file);
  failed(options_.log_file, "log file=" + options_.log_file +
                                ": it cannot be opened; the log goes elsewhere until it can");
}

void LogKeeper::send_services() {
  for (const auto& file : services_) send_service(file);
}

void LogKeeper::send_again(bool is_of_services) {
  if (is_of_services) return send_service("");
  send_daemon();
}

// One that cannot be opened is closed at the reactor too: its lines then go to the daemon's log.
void LogKeeper::send_service(const std::string& file) {
  const bool is_syslog = file.empty();
  auto target = is_syslog ? open_syslog_target(syslog_path_.c_str()) : open_log_file(file);
  if (target) {
    send_({static_cast<std::uint8_t>(target->form), true, file}, target->fd.get());
    return opened(file);
  }
  if (is_syslog) return;
  send_({static_cast<std::uint8_t>(LogForm::File), true, file}, -1);
  failed(file, "log: " + target.error().text() + ": its lines go to the log of the daemon");
}

void LogKeeper::reopen() {
  open_own();
  send_daemon();
  send_services();
}

// ---- troubles --------------------------------------------------------------------------------

void LogKeeper::failed(const std::string& file, const std::string& told) {
  if (failed_.insert(file).second) log_.error("{}", told);
  arm();
}

void LogKeeper::opened(const std::string& file) {
  if (failed_.erase(file) > 0) log_.notice("log file={}: it is written again", file);
}

void LogKeeper::arm() {
  if (timer_ != 0) return;
  delay_ = std::clamp(delay_ * 2, kFirstRetry, kLongestRetry);
  timer_ = timers_.after(delay_, [this] {
    timer_ = 0;
    retry();
  });
}

void LogKeeper::retry() {
  const auto before = failed_;
  for (const auto& file : before) {
    if (file != options_.log_file || services_.contains(file)) send_service(file);
    if (file == options_.log_file && open_append_file(file)) {
      open_own();
      send_daemon();
    }
  }
  if (!failed_.empty()) return arm();
  delay_ = {};
}

// Of the two that write it, the first to fail and the last to recover is told.
void LogKeeper::note(int& of_role, int code) {
  const bool was_good = own_code_ == 0 && reactor_code_ == 0;
  of_role = code;
  const bool is_good = own_code_ == 0 && reactor_code_ == 0;
  if (was_good == is_good) return;
  if (is_good) {
    log_.notice("log file={}: it is written again", options_.log_file);
  } else {
    tell_elsewhere("log file=" + options_.log_file + ": " + std::strerror(code) +
                   "; its lines wait");
  }
}

void LogKeeper::tell_elsewhere(const std::string& text) const {
  auto target = open_syslog_target(syslog_path_.c_str());
  Log elsewhere;
  elsewhere.set_format(options_.log_format);
  elsewhere.open(target ? std::move(*target) : open_stderr_target(), "uvinetd");
  elsewhere.error("{}", text);
}

}  // namespace uvinetd
