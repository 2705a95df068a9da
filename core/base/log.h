// SPDX-License-Identifier: ISC
// The log: facility LOG_DAEMON, one line per event, never blocking the caller.
//
// Severities have fixed meaning: err = something an operator must mend; warning = refused or left
// out; notice = start, reload, stop; info = connections; debug = for developers.
// Two places only: a syslog datagram socket (syslog(3)'s wire form, RFC 3164 as glibc sends it) and
// standard error. A line that cannot be written at once waits in a bounded queue; past the bound it
// is dropped and counted, and the count is told once lines flow again.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

enum class LogLevel : std::uint8_t { Error = 3, Warning = 4, Notice = 5, Info = 6, Debug = 7 };

// Plain: "uvinetd[12]: text". Terminal: with local time. Journal: "<5>text" (sd-daemon(3)).
enum class LogForm : std::uint8_t { Syslog, Plain, Terminal, Journal };

// Where lines go: chosen by the monitor, handed to the reactor by descriptor.
struct LogTarget {
  LogForm form = LogForm::Plain;
  UniqueFd fd;  // see open_stderr_target() and open_syslog_target()
};

// A descriptor for standard error that never blocks us without touching the O_NONBLOCK flag that
// others share: a pipe, FIFO or terminal is opened anew through /proc/self/fd where that works; a
// socket is used with MSG_DONTWAIT; a regular file as it is.
[[nodiscard]] LogTarget open_stderr_target();
// A non-blocking datagram socket connected to /dev/log. Errors: ENOENT, ECONNREFUSED: no syslogd.
[[nodiscard]] Result<LogTarget> open_syslog_target(const char* path = "/dev/log");

class Log {
 public:
  static constexpr std::size_t kQueueLines = 1024;

  // `ident` is the name in the line ("uvinetd"); it is copied.
  void open(LogTarget target, std::string ident);
  void set_level(LogLevel most) { most_ = most; }
  [[nodiscard]] bool is_enabled(LogLevel level) const { return level <= most_; }

  template <typename... A>
  void error(fmt::format_string<A...> form, A&&... args) {
    write_if(LogLevel::Error, form, std::forward<A>(args)...);
  }
  template <typename... A>
  void warning(fmt::format_string<A...> form, A&&... args) {
    write_if(LogLevel::Warning, form, std::forward<A>(args)...);
  }
  template <typename... A>
  void notice(fmt::format_string<A...> form, A&&... args) {
    write_if(LogLevel::Notice, form, std::forward<A>(args)...);
  }
  template <typename... A>
  void info(fmt::format_string<A...> form, A&&... args) {
    write_if(LogLevel::Info, form, std::forward<A>(args)...);
  }
  template <typename... A>
  void debug(fmt::format_string<A...> form, A&&... args) {
    write_if(LogLevel::Debug, form, std::forward<A>(args)...);
  }

  // One finished line; control octets are escaped (\n becomes "\x0a") so that one event is one line.
  void write(LogLevel level, std::string_view text);

  // Tries to write what is queued. The owner of the loop calls it from a timer while has_backlog().
  void flush();
  [[nodiscard]] bool has_backlog() const { return !queue_.empty(); }
  // The syslog socket has lost its peer (syslogd restarted): lines are queued until open() is
  // called again. Cleared by open().
  [[nodiscard]] bool is_lost() const { return lost_; }
  // Called once when a backlog appears or the peer is lost, so that the owner can arm its timer.
  void on_trouble(std::function<void()> callback) { on_trouble_ = std::move(callback); }

 private:
  template <typename... A>
  void write_if(LogLevel level, fmt::format_string<A...> form, A&&... args) {
    if (is_enabled(level)) write(level, fmt::format(form, std::forward<A>(args)...));
  }
  enum class Sent { Done, Later, Lost };
  Sent send_line(std::string_view line) noexcept;

  LogTarget target_;
  std::string ident_ = "uvinetd";
  LogLevel most_ = LogLevel::Info;
  std::deque<std::string> queue_;
  std::uint64_t dropped_ = 0;
  bool lost_ = false;
  std::function<void()> on_trouble_;
};

}  // namespace uvinetd
