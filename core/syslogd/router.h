// SPDX-License-Identifier: ISC
// The rules of one generation with their targets: what each message becomes there. Repeats are
// folded per target, marks are written, and what came from the network is relayed with care.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

#include "core/syslogd/matcher.h"
#include "core/syslogd/relay_guard.h"
#include "core/syslogd/repeat_fold.h"
#include "core/syslogd/targets/sink.h"

namespace uvinetd {

class SyslogRouter {
 public:
  // `key`: of the hashes that it makes.
  SyslogRouter(SyslogSinkHost& host, std::uint32_t generation, SyslogSetup setup,
               const SipKey& key);
  ~SyslogRouter();
  SyslogRouter(const SyslogRouter&) = delete;
  SyslogRouter& operator=(const SyslogRouter&) = delete;

  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  [[nodiscard]] const SyslogSettings& settings() const { return setup_.settings; }
  [[nodiscard]] const std::string& host_name() const { return setup_.host; }
  // nullptr: no such action, or one that needs no target.
  [[nodiscard]] SyslogSink* sink(std::uint32_t action) const;
  [[nodiscard]] const std::vector<std::unique_ptr<SyslogSink>>& sinks() const { return sinks_; }

  // Takes over what waits for targets of the same place; the others write what goes at once, and
  // the rest is counted as dropped.
  void adopt(SyslogRouter& before);

  // To all targets that the rules name, but `except`. `sender`: the numeric address of what came
  // from the network. Returns how many there were.
  std::size_t route(const SyslogRecord& record, std::string_view sender,
                    const SyslogSink* except = nullptr);
  // "-- MARK --" to the targets that nothing was written to since the last one.
  void mark();
  // Tells the repeats that were not written: those whose time is over, or all.
  void tell_repeats(RepeatFold::Time now = RepeatFold::Time::max());
  // Tells what was not relayed because it had been relayed already.
  void tell_unrelayed();

 private:
  static constexpr std::chrono::milliseconds kTellAfter{10'000};

  void deliver(SyslogSink& sink);
  void tell_repeats(SyslogSink& sink, RepeatFold::Time now);
  void add_repeated(SyslogSink& sink, std::uint64_t count);
  void set_repeat_timer();
  [[nodiscard]] bool may_forward(const SyslogSink& sink, std::string_view sender);
  void count_unrelayed(std::uint32_t action);

  SyslogSinkHost& host_;
  const std::uint32_t generation_;
  const SyslogSetup setup_;
  SyslogMatcher matcher_;
  RelayGuard guard_;
  std::vector<std::unique_ptr<SyslogSink>> sinks_;  // by action
  Timers::Id repeat_timer_ = 0;
  std::vector<std::uint64_t> unrelayed_;  // by action, and not told yet
  Timers::Id unrelayed_timer_ = 0;

  std::vector<std::uint32_t> actions_;
  SyslogText text_;
  SyslogRecord own_;  // a mark, or how often something was repeated
  SyslogText own_text_;
};

}  // namespace uvinetd
