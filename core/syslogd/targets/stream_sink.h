// SPDX-License-Identifier: ISC
// A target that lines are written to by its descriptor: a file, a terminal, a FIFO.
//
//     add() --> backlog --> write(2)      EAGAIN: again when there is room
//                                         ENOSPC, EDQUOT, EIO, ...: again after 1, 2, 4 ... 60 s
//
// A line is never continued on another target: where the target changes in the middle of one, the
// new one gets it whole, and what is dropped is dropped behind the end of a line.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "core/syslogd/targets/sink.h"

namespace uvinetd {

class StreamSink : public SyslogSink {
 public:
  using SyslogSink::SyslogSink;
  ~StreamSink() override;

  void add(SyslogText& text) override;
  void flush() override;
  void open(UniqueFd fd, int code) override;
  void adopt(SyslogSink& before) override;
  void let_go() override;
  [[nodiscard]] bool has_backlog() const override { return begin_ < backlog_.size(); }
  [[nodiscard]] bool is_busy() const override { return has_backlog() && state_ != State::Failed; }

 protected:
  static constexpr std::size_t kWriteSize = 64 * 1024;  // bytes that are not added to any more
  static constexpr std::chrono::milliseconds kFirstDelay{1'000};
  static constexpr std::chrono::milliseconds kLongestDelay{60'000};
  static constexpr std::chrono::milliseconds kReopenPeriod{3'000};
  static constexpr std::chrono::milliseconds kBlockedDelay{100};  // what cannot be watched

  virtual const std::string& line_of(SyslogText& text) { return text.line(action().form); }
  [[nodiscard]] virtual std::string_view line_end() const { return "\n"; }
  // Whether the descriptor is of no use any more after this error, and the monitor has another.
  [[nodiscard]] virtual bool is_lost(int /*code*/) const { return false; }
  virtual void opened() {}
  virtual void wrote(std::size_t /*bytes*/) {}
  // How long lines wait for a target that takes none; 0: as long as there is room for them.
  [[nodiscard]] virtual std::chrono::milliseconds patience() const {
    return std::chrono::milliseconds(0);
  }
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  enum class State : std::uint8_t { Flowing, Blocked, Failed };

  void wait_for_room();
  void fail_with(int code);
  void emptied(bool has_written);
  void drop_backlog();
  void drop_if_stale();
  void advance(std::size_t bytes);
  void begin_line_again();
  [[nodiscard]] bool is_in_line() const { return begin_ > line_begin_ || is_cut_; }
  void retry_after(std::chrono::milliseconds delay);
  void stop_waiting();

  UniqueFd fd_;
  std::unique_ptr<FdWatcher> watcher_;  // of fd_; only what can be watched has one
  bool is_watchable_ = false;
  State state_ = State::Failed;  // until it is open
  int told_code_ = 0;            // the errno value that was told
  int told_open_code_ = 0;       // the same of opening it anew
  std::string backlog_;
  std::size_t begin_ = 0;       // of what is not written yet
  std::size_t line_begin_ = 0;  // of the line that begin_ stands in
  bool is_cut_ = false;         // the backlog begins with the end of a line that was dropped
  std::uint64_t lines_ = 0;     // that were added since it was empty
  std::chrono::milliseconds stuck_since_{0};
  std::chrono::milliseconds delay_ = kFirstDelay;
  std::chrono::milliseconds no_reopening_before_{0};
  Timers::Id timer_ = 0;
};

// The console or a tty. Lines that it does not take for 10 s are dropped. One that has hung up
// takes nothing by this descriptor any more: it is opened anew.
class TerminalSink final : public StreamSink {
 public:
  using StreamSink::StreamSink;

 protected:
  const std::string& line_of(SyslogText& text) override { return text.terminal_line(); }
  [[nodiscard]] std::string_view line_end() const override { return "\r\n"; }
  [[nodiscard]] bool is_lost(int code) const override;
  [[nodiscard]] std::chrono::milliseconds patience() const override {
    return std::chrono::milliseconds(10'000);
  }
};

// A FIFO, which the monitor opens for reading too: that nobody reads is no error.
class FifoSink final : public StreamSink {
 public:
  using StreamSink::StreamSink;
};

}  // namespace uvinetd
