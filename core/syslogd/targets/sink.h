// SPDX-License-Identifier: ISC
// Where messages go: one object for each action of the rules. A target never waits and never
// fails: what it cannot take at once waits in its backlog, and beyond kMostBacklog bytes it is
// dropped, counted, and told once messages flow again.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/loop.h"
#include "core/base/unique_fd.h"
#include "core/config/syslog/syslog_rules.h"
#include "core/syslogd/line.h"
#include "core/syslogd/repeat_fold.h"
#include "core/syslogd/syslog_wire.h"

namespace uvinetd {

enum class SyslogSeverity : std::uint8_t {
  Error = 3,
  Warning = 4,
  Notice = 5,
  Info = 6,
};

// A record, and what it looks like: each form is made once, whatever the number of targets.
class SyslogText {
 public:
  void set(const SyslogRecord& record) {
    record_ = &record;
    has_line_ = has_rfc5424_ = has_terminal_ = false;
  }
  [[nodiscard]] const SyslogRecord& record() const { return *record_; }
  [[nodiscard]] const std::string& line(SyslogForm form) {
    if (form == SyslogForm::Rfc5424) return make(rfc5424_, has_rfc5424_, form);
    return make(line_, has_line_, SyslogForm::Rfc3164);
  }
  [[nodiscard]] const std::string& terminal_line() {
    if (!has_terminal_) {
      terminal_.clear();
      append_terminal_line(*record_, terminal_);
      has_terminal_ = true;
    }
    return terminal_;
  }

 private:
  const std::string& make(std::string& text, bool& has_it, SyslogForm form) {
    if (!has_it) {
      text.clear();
      append_syslog_line(*record_, form, text);
      has_it = true;
    }
    return text;
  }

  const SyslogRecord* record_ = nullptr;
  std::string line_;
  std::string rfc5424_;
  std::string terminal_;
  bool has_line_ = false;
  bool has_rfc5424_ = false;
  bool has_terminal_ = false;
};

class SyslogSink;

// What targets need of the server.
class SyslogSinkHost {
 public:
  virtual ~SyslogSinkHost() = default;
  virtual Loop& loop() = 0;
  virtual Timers& timers() = 0;
  virtual SyslogCounts& counts() = 0;
  // A message of the server's own, by the rules; to the target that it is about only if that takes
  // it without fail.
  virtual void tell(SyslogSeverity severity, std::string text, const SyslogSink* about,
                    bool reaches_it = false) = 0;
  // The file has its size: the monitor is to rename it and to open a new one. Or a terminal has
  // hung up: it is to be opened anew.
  virtual void ask_rotation(SyslogSink& target) = 0;
  // The monitor is to open the terminals of these. Returns the ticket that Terminals comes back
  // with; others who ask in the same turn have the same one, and their users are in the answer too.
  virtual std::uint64_t ask_terminals(const std::vector<std::string>& users) = 0;
  // `target` has something for flush() at the end of this turn.
  virtual void want_flush(SyslogSink& target) = 0;
};

class SyslogSink {
 public:
  static constexpr std::size_t kMostBacklog = 256 * 1024;  // bytes

  // Which action of which rules it is.
  struct Id {
    std::uint32_t generation = 0;
    std::uint32_t action = 0;
    friend bool operator==(const Id&, const Id&) = default;
  };
  // `action` is copied.
  SyslogSink(SyslogSinkHost& host, const SyslogAction& action, Id id)
      : host_(host), action_(action), id_(id) {}
  virtual ~SyslogSink() = default;
  SyslogSink(const SyslogSink&) = delete;
  SyslogSink& operator=(const SyslogSink&) = delete;

  virtual void add(SyslogText& text) = 0;
  // Writes what was added, as far as it goes.
  virtual void flush() = 0;
  // The monitor has opened it, or could not: `code` is the errno value then.
  virtual void open(UniqueFd, int /*code*/) {}
  // Goes on where the one before stood, which had the same place.
  virtual void adopt(SyslogSink& /*before*/) {}
  // It is not to be used again: what waits is counted as dropped.
  virtual void let_go() {}
  [[nodiscard]] virtual bool is_asking(std::uint64_t /*ticket*/) const { return false; }
  virtual void terminals(const SyslogTerminals&, const std::vector<UniqueFd>&) {}
  // The server is about to end.
  virtual void finish() {}
  [[nodiscard]] virtual bool has_backlog() const = 0;
  // The same, and it is worth waiting a moment for: the server is about to end.
  [[nodiscard]] virtual bool is_busy() const { return has_backlog(); }

  // What it is called in messages: "/var/log/messages", "@loghost:514", "users root,op".
  [[nodiscard]] std::string name() const;
  [[nodiscard]] bool is_same_place(const SyslogSink& other) const;

  [[nodiscard]] const SyslogAction& action() const { return action_; }
  [[nodiscard]] Id id() const { return id_; }

  // ---- the router's ----
  RepeatFold fold;
  bool is_since_mark = false;  // something was written since the last mark
  bool is_adopted = false;
  bool wants_flush = false;

 protected:
  void count_dropped(std::uint64_t messages) {
    host_.counts().dropped += messages;
    dropped_ += messages;
  }
  // Once messages flow again. `reaches_it`: the gap is told where it is, too.
  void tell_dropped(bool reaches_it = false);

  SyslogSinkHost& host_;
  std::uint64_t dropped_ = 0;  // and not told yet

 private:
  const SyslogAction action_;
  const Id id_;
};

}  // namespace uvinetd
