// SPDX-License-Identifier: ISC
// The logs that services have beside the daemon's: files of their own, and syslog under another
// facility. The monitor opens them; what it could not open goes to the daemon's log.
//
// A file has two sizes: at the first one a warning is given, in the daemon's log; at the second
// nothing more is written, which is said too. Opened anew it begins again. One that cannot be
// written for now is told in the daemon's log, once, and when it can be again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/base/log.h"
#include "core/base/log_tender.h"
#include "core/base/loop.h"
#include "spawn/settings/ends.h"

namespace uvinetd {

// What the size of a file lets be written. Pure.
enum class FileRoom : std::uint8_t { Free, Warn, Full };
[[nodiscard]] FileRoom room_in_file(std::uint64_t bytes, const LogSettings& log);

class ServiceLogs {
 public:
  // `ask_again` is called while the syslogd is gone, once per attempt; open() may follow.
  ServiceLogs(Timers& timers, Log& daemon, std::function<void()> ask_again)
      : timers_(timers), daemon_(daemon), ask_again_(std::move(ask_again)) {}

  // `file` as in LogSettings; "": syslog.
  void open(const std::string& file, LogTarget target, const std::string& ident);
  // Its lines go to the daemon's log from now on.
  void close(const std::string& file) { all_.erase(file); }
  void set_format(LogFormat format);
  // An event of a service, where it wants it.
  void write(const LogSettings& where, Event event);
  void flush();

 private:
  struct One {
    One(Timers& timers, std::function<void()> reopen) : tender(timers, log, std::move(reopen)) {}
    Log log;
    LogTender tender;
    int fd = -1;  // of `log`; to look at the file's size
    bool is_warned = false;
    bool is_full = false;
  };

  void tell_trouble(const std::string& file, int code);
  [[nodiscard]] bool has_room(One& one, const LogSettings& where);

  Timers& timers_;
  Log& daemon_;
  std::function<void()> ask_again_;
  LogFormat format_ = LogFormat::Text;
  std::map<std::string, std::unique_ptr<One>> all_;
};

}  // namespace uvinetd
