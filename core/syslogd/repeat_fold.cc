// SPDX-License-Identifier: ISC
#include "core/syslogd/repeat_fold.h"

#include <fmt/format.h>

#include <iterator>

#include "core/syslogd/message_time.h"

namespace uvinetd {

std::uint64_t RepeatFold::over(const SyslogRecord& record, Time now) {
  is_same_ = has_last_ && record.is_same_as(last_);
  return repeats_.over(is_same_, now);
}

bool RepeatFold::allows(const SyslogRecord& record, Time now) {
  if (!is_same_) last_ = record;
  has_last_ = true;
  return repeats_.allows(now);
}

std::optional<RepeatFold::Time> RepeatFold::due() const {
  if (repeats_.count() == 0) return std::nullopt;
  return repeats_.end();
}

std::uint64_t RepeatFold::take_due(Time now) {
  const auto when = due();
  return when && now >= *when ? repeats_.take() : 0;
}

void make_repeated_record(const SyslogRecord& last, std::uint64_t count, std::timespec now,
                          SyslogRecord& out) {
  out.facility = last.facility;
  out.severity = last.severity;
  out.is_local = last.is_local;
  out.arrival = now;
  make_stamp(now.tv_sec, out.stamp);
  out.is_own_stamp = false;
  out.rfc3339.clear();
  out.host = last.host;
  out.program.clear();
  out.pid.clear();
  out.message_id.clear();
  out.structured_data.clear();
  out.text.clear();
  out.text_begin = 0;
  fmt::format_to(std::back_inserter(out.text), "last message repeated {} time{}", count,
                 count == 1 ? "" : "s");
}

}  // namespace uvinetd
