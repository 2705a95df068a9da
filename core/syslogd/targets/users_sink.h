// SPDX-License-Identifier: ISC
// Users, on whatever terminals they are logged in at: the monitor is asked for these, at most once
// a second, and all that waits is written to each.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/syslogd/targets/sink.h"

namespace uvinetd {

class UsersSink final : public SyslogSink {
 public:
  using SyslogSink::SyslogSink;
  ~UsersSink() override;

  void add(SyslogText& text) override;
  void flush() override;
  void adopt(SyslogSink& before) override;
  void let_go() override;
  [[nodiscard]] bool is_asking(std::uint64_t ticket) const override {
    return ticket_ != 0 && ticket == ticket_;
  }
  // The answer to the question with this ticket; it may name others' users too. One without any
  // name means that it is to be asked again.
  void terminals(const SyslogTerminals& told, const std::vector<UniqueFd>& fds) override;
  [[nodiscard]] bool has_backlog() const override { return lines_ > 0; }
  [[nodiscard]] bool is_busy() const override { return has_backlog() && !is_put_off_; }

 private:
  static constexpr std::chrono::milliseconds kAskPeriod{1'000};
  static constexpr std::chrono::milliseconds kAnswerTime{10'000};
  // That nobody is there at all looks like an answer that is put off.
  static constexpr std::chrono::milliseconds kEverybodyTime{10'000};
  static constexpr std::size_t kMostTold = 256;  // names of absent users

  void ask();
  void put_off();
  void write(const SyslogTerminals& told, const std::vector<UniqueFd>& fds);
  [[nodiscard]] bool is_for(const std::string& user) const;
  [[nodiscard]] bool is_everybody() const { return is_for("*"); }
  void tell_absent(const std::vector<std::string>& users);

  std::string backlog_;
  std::uint64_t lines_ = 0;
  std::uint64_t ticket_ = 0;     // of the question in flight; 0: none
  Timers::Id answer_timer_ = 0;  // while one is
  Timers::Id pause_timer_ = 0;   // until the next may be asked
  bool is_put_off_ = false;      // since put_off_since_, by answers without names
  std::chrono::milliseconds put_off_since_{0};
  std::set<std::string> told_absent_;
};

}  // namespace uvinetd
