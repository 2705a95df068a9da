// SPDX-License-Identifier: ISC
// One target's repeats: of messages that are the same but for their time only the first is written,
// and how many followed it is told before the next other one, or when their time is over. Pure.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>

#include "core/base/repeats.h"
#include "core/syslogd/line.h"

namespace uvinetd {

class RepeatFold {
 public:
  using Time = Repeats::Time;
  static constexpr Time kTime{30'000};  // from the first of them, which was written

  // Whether `record` would be counted, not written.
  [[nodiscard]] bool is_repeat(const SyslogRecord& record, Time now) const {
    return has_last_ && now < repeats_.end() && record.is_same_as(last_);
  }
  // Before each record: how many of last() are to be told first.
  [[nodiscard]] std::uint64_t over(const SyslogRecord& record, Time now);
  // After that: whether it is to be written. False: it is counted.
  [[nodiscard]] bool allows(const SyslogRecord& record, Time now);

  // When take_due() has something to tell, if no other record comes before.
  [[nodiscard]] std::optional<Time> due() const;
  // How many of last() are to be told by now. Time::max(): whatever was counted.
  [[nodiscard]] std::uint64_t take_due(Time now);
  [[nodiscard]] const SyslogRecord& last() const { return last_; }

 private:
  Repeats repeats_{1, kTime};
  SyslogRecord last_;
  bool has_last_ = false;
  bool is_same_ = false;
};

// "last message repeated `count` times", at `now`, of `last`'s host and priority, in the place of
// what `out` holds.
void make_repeated_record(const SyslogRecord& last, std::uint64_t count, std::timespec now,
                          SyslogRecord& out);

}  // namespace uvinetd
