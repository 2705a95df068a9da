// SPDX-License-Identifier: ISC
// The log: facility LOG_DAEMON, one line per event, never blocking the caller.
//
// Severities have fixed meaning: err = something an operator must mend; warning = refused or left
// out; notice = start, reload, stop; info = connections; debug = for developers.
// It goes to a syslog datagram socket (syslog(3)'s wire form, RFC 3164 as glibc sends it), the
// journal, a file or standard error. A line that cannot be written at once waits in a bounded
// queue; past the bound it is dropped and counted, and the count is told once lines flow again.
// Writing to a pipe whose reader has gone raises SIGPIPE, which no flag of write(2) can stop: the
// process must ignore that signal. Sockets raise none.
// fork(2) copies what is queued: only one side may go on writing to the same target.
#pragma once

#include <fmt/format.h>
#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/event.h"
#include "core/base/log_line.h"
#include "core/base/repeats.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

// Where lines go: chosen by the monitor, handed to the reactor by descriptor.
struct LogTarget {
  LogForm form = LogForm::Plain;
  UniqueFd fd;  // see open_stderr_target() and open_syslog_target()
};

// A descriptor for standard error that never blocks us without touching the O_NONBLOCK flag that
// others share: a pipe, FIFO or terminal is opened anew through /proc/self/fd where that works, and
// asked by poll(2) before each line where it does not; a socket is used with MSG_DONTWAIT; a
// regular file as it is. Form: Terminal for a terminal, Stream when JOURNAL_STREAM names
// descriptor 2, else Plain. Not open when standard error is closed.
[[nodiscard]] LogTarget open_stderr_target();
// A non-blocking datagram socket connected to /dev/log. Errors: ENOENT, ECONNREFUSED: no syslogd.
[[nodiscard]] Result<LogTarget> open_syslog_target(const char* path = "/dev/log");
// The journal: a non-blocking datagram socket for lines with fields, or a stream of lines. Errors:
// ENOENT, ECONNREFUSED: no journal.
[[nodiscard]] Result<LogTarget> open_journal_target(
    const char* path = "/run/systemd/journal/socket");
[[nodiscard]] Result<LogTarget> open_journal_stream(
    const char* path = "/run/systemd/journal/stdout");

class Log {
 public:
  static constexpr std::size_t kQueueLines = 1024;
  static constexpr int kDaemonFacility = 3 << 3;  // LOG_DAEMON
  static constexpr std::size_t kMostTextBytes = uvinetd::kMostTextBytes;

  // `ident` is the name in the line ("uvinetd"); it is copied. Writes what is queued: lines written
  // before the first open() wait for it.
  void open(LogTarget target, std::string ident);
  void set_level(LogLevel most) { most_ = most; }
  void set_format(LogFormat format) { format_ = format; }
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

  // One finished line, whatever its level; control octets and invalid UTF-8 are escaped (\n becomes
  // "\x0a") so that one event is one line. It carries the pid of the process that calls. An error
  // or a warning that is said again at once is counted: `repeated n=3 text` follows (repeats.h).
  void write(LogLevel level, std::string_view text);
  // The same of an event, which is never counted. A syslogd is told the facility, one of syslog(3).
  void write(Event event, int facility = kDaemonFacility);

  // Tries to write what is queued. The owner of the loop calls it from a timer while has_backlog().
  void flush();
  [[nodiscard]] bool has_backlog() const { return !queue_.empty(); }
  // The syslog socket has lost its peer (syslogd restarted): lines are queued until open() is
  // called again. Cleared by open().
  [[nodiscard]] bool is_lost() const { return lost_; }
  // Called once when a backlog appears (a lost peer leaves one too), so that the owner can arm its
  // timer; again only after the backlog has gone.
  void on_trouble(std::function<void()> callback) { on_trouble_ = std::move(callback); }
  // Called with the errno value when a file cannot be written (a full disk: the lines wait), and
  // with 0 when it can be again.
  void on_file_trouble(std::function<void(int code)> callback) {
    on_file_trouble_ = std::move(callback);
  }
  // Called when a line was counted and not written: tell_repeats() is due after Repeats::kTime.
  void on_repeat(std::function<void()> callback) { on_repeat_ = std::move(callback); }
  void tell_repeats();

 private:
  template <typename... A>
  void write_if(LogLevel level, fmt::format_string<A...> form, A&&... args) {
    if (is_enabled(level)) write(level, fmt::format(form, std::forward<A>(args)...));
  }
  enum class Sent : std::uint8_t { Done, Later, Lost, TooLong };
  // How not to block: send(2) flags, O_NONBLOCK or a regular file, poll(2) before each write.
  enum class Manner : std::uint8_t { Socket, Direct, Polled };

  void enqueue(Event event, int facility);
  void enqueue_drop_notice();
  void tell_repeated(std::uint64_t count);
  void drain();
  void tell_trouble();
  Sent send_front();
  [[nodiscard]] Sent judge(int code);
  ssize_t put(std::string_view bytes) const noexcept;

  LogTarget target_;
  Manner manner_ = Manner::Direct;
  std::string ident_ = "uvinetd";
  LogLevel most_ = LogLevel::Info;
  LogFormat format_ = LogFormat::Text;
  std::deque<LogLine> queue_;  // not rendered: the target may change while it waits
  std::string rest_;  // of the front line as this target gets it: what it has not taken yet
  std::uint64_t dropped_ = 0;
  bool lost_ = false;
  bool is_trouble_told_ = false;
  int file_trouble_ = 0;       // the errno value that the last write to a file gave
  int told_file_trouble_ = 0;  // what on_file_trouble_ was told
  Repeats repeats_{1};
  Event last_{LogLevel::Debug, ""};  // what repeats_ counts
  std::function<void()> on_trouble_;
  std::function<void(int)> on_file_trouble_;
  std::function<void()> on_repeat_;
};

}  // namespace uvinetd
