// SPDX-License-Identifier: ISC
#include "core/syslogd/line.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/syslogd/message_time.h"

namespace uvinetd {
namespace {

using namespace std::string_view_literals;

constexpr std::timespec kArrival{1795725681, 123'456'789};  // Nov 26 20:41:21 2026, UTC

void use_zone(const char* zone) {
  setenv("TZ", zone, 1);
  tzset();
}

class SyslogLine : public testing::Test {
 protected:
  SyslogLine() {
    use_zone("UTC0");
    rules.host = "this";
  }

  SyslogRecord record(std::string_view datagram) {
    SyslogRecord out;
    make_syslog_record(parse_syslog_message(datagram, origin), origin, rules, arrival, out);
    return out;
  }
  std::string line(std::string_view datagram, SyslogForm form = SyslogForm::Unset) {
    std::string out;
    append_syslog_line(record(datagram), form, out);
    return out;
  }
  void come_from(std::string_view address) {
    origin.is_local = false;
    origin.address = address;
  }

  std::timespec arrival = kArrival;
  SyslogOrigin origin;
  SyslogRecordRules rules;
};

TEST_F(SyslogLine, IsWhatSyslogdsWrite) {
  EXPECT_EQ("Nov 26 20:41:20 this sshd[123]: text\n", line("<13>Nov 26 20:41:20 sshd[123]: text"));
  EXPECT_EQ("Nov 26 20:41:20 this root: text\n", line("<13>Nov 26 20:41:20 web1 root: text"));
  EXPECT_EQ("Nov 26 20:41:21 this root: text\n", line("<13>root: text"));
  EXPECT_EQ("Nov 26 20:41:21 this hello plain words\n", line("<13>hello plain words"));
  EXPECT_EQ("Nov 26 20:41:21 this app[7]: text\n", line("<13>1 - web1 app 7 id [a b=\"c\"] text"));
}

TEST_F(SyslogLine, IsOneLineWhateverWasSent) {
  EXPECT_EQ("Nov 26 20:41:21 this a: b\\x0a<13>Nov 26 20:41:20 this su: c\n",
            line("<13>a: b\n<13>Nov 26 20:41:20 this su: c"));
  EXPECT_EQ("Nov 26 20:41:21 this a: b\\x00c\\x1b[2J\\x7f\\xff\\xc2\\x85\xc3\xa4\n",
            line("<13>a: b\0c\x1b[2J\x7f\xff\xc2\x85\xc3\xa4"sv));
}

TEST_F(SyslogLine, MarksWhatIsMalformed) {
  EXPECT_EQ("Nov 26 20:41:21 this malformed: no priority\n", line("no priority"));
  EXPECT_EQ("Nov 26 20:41:21 this malformed: <192>a: b\n", line("<192>a: b"));
  EXPECT_EQ("Nov 26 20:41:21 this malformed: \n", line(""));
  origin.pid = 12;
  EXPECT_EQ("Nov 26 20:41:21 this malformed[12]: <>\n", line("<>"));
}

TEST_F(SyslogLine, HasTheVerifiedPid) {
  origin.pid = 123;
  EXPECT_EQ("Nov 26 20:41:21 this a[123]: text\n", line("<13>a[123]: text"));
  EXPECT_EQ("Nov 26 20:41:21 this a[123]: text\n", line("<13>a: text"));
  EXPECT_EQ("Nov 26 20:41:21 this -[123]: plain text\n", line("<13>plain text"));
  EXPECT_EQ("Nov 26 20:41:21 this a[123]: [claimed pid 1] text\n", line("<13>a[1]: text"));
  EXPECT_EQ("Nov 26 20:41:21 this a[123]: [claimed pid x] text\n", line("<13>1 - h a x - - text"));
  EXPECT_EQ("text", record("<13>a[1]: text").text.substr(record("<13>a[1]: text").text_begin));
  come_from("192.0.2.1");
  EXPECT_EQ("Nov 26 20:41:21 192.0.2.1 a[1]: text\n", line("<13>a[1]: text"));
}

TEST_F(SyslogLine, HasTheSendersAddressOrItsHost) {
  come_from("2001:db8::1");
  const auto datagram = "<13>Nov 26 20:41:20 web1 root: text"sv;
  EXPECT_EQ("Nov 26 20:41:20 2001:db8::1 root: text\n", line(datagram));
  rules.trusts_host = true;
  EXPECT_EQ("Nov 26 20:41:20 web1 root: text\n", line(datagram));
  EXPECT_EQ("Nov 26 20:41:21 2001:db8::1 root: text\n", line("<13>root: text"));
  EXPECT_EQ("Nov 26 20:41:21 web2 app: text\n", line("<13>1 - web2 app - - - text"));
  origin.address = {};
  EXPECT_EQ("Nov 26 20:41:21 - root: text\n", line("<13>root: text"));
}

// On a day of its own: a second is computed once, and by the zone of then.
TEST_F(SyslogLine, HasTheMessagesTimeOnlyWhereItIsTrusted) {
  use_zone("CET-1");
  arrival.tv_sec += 24 * 3600;
  EXPECT_EQ("Feb 29 20:41:20 this a: b\n", line("<13>Feb 29 20:41:20 a: b"));
  EXPECT_EQ("Nov 27 21:41:20 this a: b\n", line("<13>1 2026-11-27T20:41:20.5Z h a - - - b"));
  EXPECT_EQ("Nov 27 19:41:20 this a: b\n", line("<13>2026-11-27T23:41:20+05:00 h a: b"));
  EXPECT_EQ("Dec  4 12:28:51 this a: b\n", line("<13>2007-12-04T12:28:51 h a: b"));
  EXPECT_EQ("Dec 14 12:28:51 this a: b\n", line("<13>2007-12-14T12:28:51.5 h a: b"));
  rules.trusts_time = false;
  EXPECT_EQ("Nov 27 21:41:21 this a: b\n", line("<13>Feb 29 20:41:20 a: b"));
  EXPECT_EQ("Nov 27 21:41:21 this a: b\n", line("<13>1 2026-11-27T20:41:20.5Z h a - - - b"));
}

TEST_F(SyslogLine, IsRfc5424WhereThatIsWanted) {
  const auto form = SyslogForm::Rfc5424;
  EXPECT_EQ(
      "<165>1 2003-10-11T22:14:15.003Z this app 7 ID47 [a b=\"c\"] text\n",
      line("<165>1 2003-10-11T22:14:15.003Z web1 app 7 ID47 [a b=\"c\"] \xef\xbb\xbftext", form));
  EXPECT_EQ("<165>1 2003-10-11T22:14:15.123456-07:00 this - - - -\n",
            line("<165>1 2003-10-11T22:14:15.123456789-07:00 - - - - -", form));
  EXPECT_EQ("<13>1 2026-11-26T20:41:21.123456+00:00 this a 1 - - b\n", line("<13>a[1]: b", form));
  EXPECT_EQ("<13>1 2026-11-26T20:41:20+00:00 this a - - - b\n",
            line("<13>Nov 26 20:41:20 a: b", form));
  EXPECT_EQ("<13>1 2007-12-24T12:28:51+00:00 this a - - - b\n",
            line("<13>2007-12-24T12:28:51 h a: b", form));
  EXPECT_EQ("<13>1 2007-12-24T12:28:51.123456+00:00 this a - - - b\n",
            line("<13>2007-12-24T12:28:51.123456789 h a: b", form));
  EXPECT_EQ("<13>1 2026-11-26T20:41:21.123456+00:00 this h??m - - - b\n",
            line("<13>h\xc3\xa4m: b", form));
  EXPECT_EQ("<13>1 2026-11-26T20:41:21.123456+00:00 this malformed - - - <>\n", line("<>", form));
}

TEST_F(SyslogLine, CountsAMarkAsTheServicesOwn) {
  auto mark = record("<46>-- MARK --");
  mark.facility = kMarkFacility;
  std::string out;
  make_syslog_datagram(mark, SyslogForm::Unset, 100, out);
  EXPECT_EQ("<46>Nov 26 20:41:21 this -- MARK --", out);
}

TEST_F(SyslogLine, EndsWhereAnOldLineEnds) {
  origin.is_truncated = true;
  EXPECT_EQ("Nov 26 20:41:21 this a: b [truncated]\n", line("<13>a: b"));
}

TEST_F(SyslogLine, IsShorterOnATerminal) {
  std::string out = "before ";
  append_terminal_line(record("<13>a[1]: b"), out);
  EXPECT_EQ("before a[1]: b\r\n", out);
}

TEST_F(SyslogLine, IsCutAtACharacterForTheNetwork) {
  std::string out;
  const auto whole = record("<13>a: 1234\xe2\x82\xac\xff 5678901234567890");
  make_syslog_datagram(whole, SyslogForm::Rfc3164, 1000, out);
  EXPECT_EQ("<13>Nov 26 20:41:21 this a: 1234\xe2\x82\xac\\xff 5678901234567890", out);
  make_syslog_datagram(whole, SyslogForm::Rfc3164, out.size(), out);
  EXPECT_TRUE(out.ends_with("890"));
  const auto expect_cut = [&](std::size_t most, std::string_view expected) {
    make_syslog_datagram(whole, SyslogForm::Rfc3164, most, out);
    EXPECT_EQ(expected, out);
    EXPECT_LE(out.size(), most);
  };
  const std::string begin = "<13>Nov 26 20:41:21 this a: 1234";
  expect_cut(44, begin + " [truncated]");
  expect_cut(46, begin + " [truncated]");
  expect_cut(47, begin + "\xe2\x82\xac [truncated]");
  expect_cut(50, begin + "\xe2\x82\xac [truncated]");
  expect_cut(51, begin + "\xe2\x82\xac\\xff [truncated]");
  expect_cut(3, "<13");
  expect_cut(0, "");
}

TEST_F(SyslogLine, IsTheSameWhenAllButItsTimeIs) {
  const auto first = record("<13>Nov 26 20:41:20 a[1]: b");
  EXPECT_TRUE(first.is_same_as(record("<13>Nov 27 20:41:20 a[1]: b")));
  for (const auto other :
       {"<14>Nov 26 20:41:20 a[1]: b"sv, "<21>Nov 26 20:41:20 a[1]: b"sv,
        "<13>Nov 26 20:41:20 a[2]: b"sv, "<13>Nov 26 20:41:20 x[1]: b"sv,
        "<13>Nov 26 20:41:20 a[1]: c"sv, "<13>1 - h a 1 id - b"sv, "<13>1 - h a 1 - [x] b"sv}) {
    EXPECT_FALSE(first.is_same_as(record(other))) << other;
  }
  come_from("192.0.2.1");
  EXPECT_FALSE(first.is_same_as(record("<13>Nov 26 20:41:20 a[1]: b")));
}

TEST_F(SyslogLine, SurvivesAnyClock) {
  for (const std::time_t when :
       {std::time_t{0}, std::time_t{-1}, std::time_t{1} << 40, std::time_t{-1} << 40}) {
    SyslogRecord out;
    make_syslog_record(parse_syslog_message("<13>a: b", origin), origin, rules, {when, 0}, out);
    EXPECT_EQ(kStampSize, out.stamp.size());
    EXPECT_EQ(kStampSize, rfc3164_time_size(out.stamp)) << out.stamp;
    std::string time;
    append_syslog_time(out, time);
    EXPECT_EQ(time.size(), rfc3339_time_size(time)) << time;
  }
}

TEST(MessageTime, GivesAStampTheNewestYearThatIsNotFarAhead) {
  use_zone("UTC0");
  const struct {
    std::string_view stamp;
    std::string_view expected;
  } cases[] = {
      {"Nov 26 20:41:21", "2026-11-26T20:41:21+00:00"},
      {"Dec  3 20:41:21", "2026-12-03T20:41:21+00:00"},
      {"Dec  3 20:41:22", "2025-12-03T20:41:22+00:00"},
      {"Jan  1 00:00:00", "2026-01-01T00:00:00+00:00"},
      {"Nov 06 20:41:21", "2026-11-06T20:41:21+00:00"},
      {"Feb 29 00:00:00", "2024-02-29T00:00:00+00:00"},
  };
  for (const auto& one : cases) {
    std::string out;
    append_rfc3339_of_stamp(one.stamp, kArrival.tv_sec, out);
    EXPECT_EQ(one.expected, out) << one.stamp;
  }
  std::string out;
  append_rfc3339_of_stamp("Dec 31 23:59:59", 1798761600, out);  // Jan 1 2027, 00:00:00
  append_rfc3339_of_stamp("Jan  1 00:00:00", 1798761599, out);
  EXPECT_EQ("2026-12-31T23:59:59+00:002027-01-01T00:00:00+00:00", out);
}

TEST(MessageTime, CountsRfc3339InSeconds) {
  EXPECT_EQ(kArrival.tv_sec, rfc3339_seconds("2026-11-26T20:41:21Z"));
  EXPECT_EQ(kArrival.tv_sec, rfc3339_seconds("2026-11-26T21:41:21.5+01:00"));
  EXPECT_EQ(kArrival.tv_sec, rfc3339_seconds("2026-11-26T13:11:21.999999999-07:30"));
}

}  // namespace
}  // namespace uvinetd
