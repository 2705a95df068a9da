// SPDX-License-Identifier: ISC
// The logs that the monitor opens: its own and the reactor's, which go to the same place, and those
// that services have of their own.
//
// A file that cannot be opened is told once, where its lines go meanwhile, and tried again; one
// that cannot be written (a full disk) is told once in syslog, or on standard error where there is
// none, while its lines wait. Both are told again when they are over.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "core/base/log.h"
#include "core/base/log_tender.h"
#include "core/base/loop.h"
#include "core/base/siphash.h"
#include "core/monitor/options.h"
#include "spawn/wire.h"

namespace uvinetd {

class LogKeeper {
 public:
  // To the reactor, if there is one; `fd` is borrowed, -1: none.
  using Send = std::function<void(const LogTargetForm&, int fd)>;

  // `options` and `log` outlive it.
  LogKeeper(Timers& timers, Log& log, const CommandLine& options, bool is_daemon, Send send);
  ~LogKeeper();
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;

  // What a new reactor has to know of the log; it has no troubles yet.
  Result<LogTarget> open_for_reactor(ReactorStart& start);
  // Files that services have of their own; "": syslog. They are sent by reopen() or
  // send_services().
  void want(std::set<std::string> files);
  void send_services();
  // Where a syslogd is, if it is another one than /dev/log: what this daemon's own serves.
  void set_syslog_path(const std::string& path);
  // The daemon's, or with true the syslog of services: the reactor has lost it.
  void send_again(bool is_of_services);
  // All logs anew, of both roles: files may have been moved away.
  void reopen();
  // The key of hashed addresses, for the program that takes our place: clients keep their tokens.
  [[nodiscard]] std::string key() const { return {key_.begin(), key_.end()}; }
  void set_key(const std::string& key) {
    if (key.size() == key_.size()) std::copy(key.begin(), key.end(), key_.begin());
  }
  // The reactor cannot write its file (an errno value), or can again (0).
  void on_reactor_trouble(int code) { note(reactor_code_, code); }

 private:
  [[nodiscard]] Result<LogTarget> open();
  void open_own();
  void send_daemon();
  void send_service(const std::string& file);
  void note(int& of_role, int code);
  void tell_elsewhere(const std::string& text) const;
  void failed(const std::string& file, const std::string& told);
  void opened(const std::string& file);
  void arm();
  void retry();

  Timers& timers_;
  Log& log_;
  const CommandLine& options_;
  bool is_daemon_;
  std::string syslog_path_;
  Send send_;
  // For addresses: one client keeps its token as long as this monitor lives.
  SipKey key_ = random_sip_key();
  LogTender tender_;
  std::set<std::string> services_;
  std::set<std::string> failed_;  // files that cannot be opened, and are told
  int own_code_ = 0;              // the errno value that writing gave
  int reactor_code_ = 0;
  std::chrono::milliseconds delay_{0};
  Timers::Id timer_ = 0;
};

}  // namespace uvinetd
