// SPDX-License-Identifier: ISC
#include "core/syslogd/repeat_fold.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

SyslogRecord record_of(std::string text) {
  SyslogRecord out;
  out.facility = 2;
  out.severity = 3;
  out.host = "this";
  out.program = "a";
  out.text = std::move(text);
  return out;
}

struct Step {
  std::uint64_t told;
  bool is_written;
  friend bool operator==(const Step&, const Step&) = default;
};

Step take(RepeatFold& fold, const std::string& text, RepeatFold::Time now) {
  const auto record = record_of(text);
  const auto told = fold.over(record, now);
  return {told, fold.allows(record, now)};
}

TEST(RepeatFold, WritesTheFirstAndTellsTheRestBeforeTheNext) {
  RepeatFold fold;
  EXPECT_EQ((Step{0, true}), take(fold, "x", 0s));
  EXPECT_FALSE(fold.due());
  EXPECT_EQ((Step{0, false}), take(fold, "x", 1s));
  EXPECT_EQ((Step{0, false}), take(fold, "x", 2s));
  EXPECT_EQ("x", fold.last().text);
  EXPECT_EQ((Step{2, true}), take(fold, "y", 3s));
  EXPECT_EQ("y", fold.last().text);
  EXPECT_EQ((Step{0, true}), take(fold, "x", 4s));
}

TEST(RepeatFold, TellsThemWhenTheirTimeIsOver) {
  RepeatFold fold;
  (void)take(fold, "x", 100s);
  (void)take(fold, "x", 110s);
  EXPECT_EQ(130s, fold.due());
  EXPECT_EQ(0U, fold.take_due(129s));
  EXPECT_EQ(1U, fold.take_due(130s));
  EXPECT_FALSE(fold.due());
  EXPECT_EQ(0U, fold.take_due(RepeatFold::Time::max()));
  EXPECT_EQ((Step{0, true}), take(fold, "x", 131s));  // a new run
  (void)take(fold, "x", 132s);
  EXPECT_EQ((Step{1, true}), take(fold, "x", 161s));  // nobody had asked
  (void)take(fold, "x", 162s);
  EXPECT_EQ(1U, fold.take_due(RepeatFold::Time::max()));
}

TEST(RepeatFold, SaysItAsSyslogdsDo) {
  setenv("TZ", "UTC0", 1);
  tzset();
  SyslogRecord out;
  make_repeated_record(record_of("x"), 3, {1795725681, 0}, out);
  std::string line;
  append_syslog_line(out, SyslogForm::Unset, line);
  EXPECT_EQ("Nov 26 20:41:21 this last message repeated 3 times\n", line);
  make_syslog_datagram(out, SyslogForm::Rfc5424, 1000, line);
  EXPECT_EQ("<19>1 2026-11-26T20:41:21.000000+00:00 this - - - - last message repeated 3 times",
            line);
}

}  // namespace
}  // namespace uvinetd
