// SPDX-License-Identifier: ISC
#include "core/syslogd/message.h"

#include <gtest/gtest.h>

#include "core/syslogd/structured_data.h"

namespace uvinetd {
namespace {

using namespace std::string_view_literals;

SyslogMessage local(std::string_view datagram) {
  return parse_syslog_message(datagram, {});
}

SyslogMessage remote(std::string_view datagram) {
  SyslogOrigin origin;
  origin.is_local = false;
  origin.address = "192.0.2.1";
  return parse_syslog_message(datagram, origin);
}

struct Parts {
  std::string_view datagram, time, host, program, pid, text;
};

void expect_parts(const SyslogMessage& message, const Parts& parts) {
  SCOPED_TRACE(parts.datagram);
  EXPECT_EQ(SyslogFlaw::None, message.flaw);
  EXPECT_EQ(parts.time, message.time);
  EXPECT_EQ(parts.host, message.host);
  EXPECT_EQ(parts.program, message.program);
  EXPECT_EQ(parts.pid, message.pid);
  EXPECT_EQ(parts.text, message.text);
}

constexpr auto kTime = "Nov 26 20:41:21"sv;

TEST(SyslogMessage, HasThePartsThatLocalSendersWrite) {
  const Parts cases[] = {
      // glibc, util-linux logger, busybox logger
      {"<13>Nov 26 20:41:21 sshd[123]: text", kTime, "", "sshd", "123", "text"},
      {"<13>Nov 26 20:41:21 root: a: b", kTime, "", "root", "", "a: b"},
      {"<13>Nov 26 20:41:21 root: ", kTime, "", "root", "", ""},
      {"<13>Nov  6 20:41:21 CRON[7]: (root) CMD (x)", "Nov  6 20:41:21", "", "CRON", "7",
       "(root) CMD (x)"},
      {"<22>Nov 26 20:41:21 postfix/smtpd[9]: connect", kTime, "", "postfix/smtpd", "9", "connect"},
      // logger --rfc3164
      {"<13>Nov 26 20:41:21 web1 root: text", kTime, "web1", "root", "", "text"},
      {"<13>Nov 26 20:41:21 web1 root[5]: text", kTime, "web1", "root", "5", "text"},
      {"<13>Nov 26 20:41:21 2001:db8::1 root: text", kTime, "2001:db8::1", "root", "", "text"},
      // no tag
      {"<13>Nov 26 20:41:21 hello plain words", kTime, "", "", "", "hello plain words"},
      {"<13>Nov 26 20:41:21 one http://two", kTime, "", "", "", "one http://two"},
      {"<13>Nov 26 20:41:21", kTime, "", "", "", ""},
      {"<13>Nov 26 20:41:21 ", kTime, "", "", "", ""},
      // no time: python's SysLogHandler, sysklogd forwarding
      {"<14>text\0"sv, "", "", "", "", "text"},
      {"<14>prog: text\0"sv, "", "", "prog", "", "text"},
      {"<14>prog:text", "", "", "prog", "", "text"},
      {"<13>hello plain words", "", "", "", "", "hello plain words"},
      {"<13>failed prog: text", "", "", "", "", "failed prog: text"},
      {"<13>1 error", "", "", "", "", "1 error"},
      {"<13>1 2 errors", "", "", "", "", "1 2 errors"},
      {"<165>2 2003-10-11T22:14:15Z host app - - - x", "", "", "", "",
       "2 2003-10-11T22:14:15Z host app - - - x"},
      {"<13>", "", "", "", "", ""},
      {"<13>Feb 30 20:41:21 root: x", "", "", "", "", "Feb 30 20:41:21 root: x"},
      {"<13>Feb 29 20:41:21 root: x", "Feb 29 20:41:21", "", "root", "", "x"},
      {"<13>\xef\xbb\xbfprog: text", "", "", "prog", "", "text"},
      {"<13>prog: \xef\xbb\xbftext", "", "", "prog", "", "text"},
      // RFC 3339's time in the place of the other
      {"<13>2026-11-26T20:41:21.123456+01:00 web1 root[5]: text",
       "2026-11-26T20:41:21.123456+01:00", "web1", "root", "5", "text"},
      // loggen
      {"<38>2026-11-26T20:41:21 localhost prg00000[1234]: seq: 0000000000, thread: 0000",
       "2026-11-26T20:41:21", "localhost", "prg00000", "1234", "seq: 0000000000, thread: 0000"},
      {"<38>2026-11-26T20:41:21.5 prg: x", "2026-11-26T20:41:21.5", "", "prg", "", "x"},
      {"<38>2026-11-26T20:41:61 prg: x", "", "", "", "", "2026-11-26T20:41:61 prg: x"},
      // one end belongs to the sender
      {"<13>prog: text\n\n", "", "", "prog", "", "text"},
      {"<13>prog: text\n\0"sv, "", "", "prog", "", "text"},
      {"<13>prog: text\0\0"sv, "", "", "prog", "", "text\0"sv},
      {"<13>prog: a\nb", "", "", "prog", "", "a\nb"},
      // what only looks like a tag
      {"<13>12:30:05 started", "", "", "", "", "12:30:05 started"},
      {"<13>C:\\path is full", "", "", "", "", "C:\\path is full"},
      {"<13>std::bad_alloc", "", "", "", "", "std::bad_alloc"},
      {"<13>array[5] is bad", "", "", "", "", "array[5] is bad"},
      {"<13>array[5 is bad", "", "", "", "", "array[5 is bad"},
      {"<13>: text", "", "", "", "", ": text"},
      {"<13>[1]: text", "", "", "", "", "[1]: text"},
      {"<13>(x) y: text", "", "", "", "", "(x) y: text"},
      {"<13>a\x01: text", "", "", "", "", "a\x01: text"},
      {"<13>prog[]: text", "", "", "prog", "", "text"},
      {"<13>h\xc3\xa4m: text", "", "", "h\xc3\xa4m", "", "text"},
  };
  for (const auto& one : cases) expect_parts(local(one.datagram), one);
}

TEST(SyslogMessage, HasThePartsThatSendersInTheNetworkWrite) {
  const Parts cases[] = {
      {"<34>Oct 11 22:14:15 mymachine su: 'su root' failed", "Oct 11 22:14:15", "mymachine", "su",
       "", "'su root' failed"},
      {"<34>Oct 11 22:14:15 mymachine hello words", "Oct 11 22:14:15", "mymachine", "", "",
       "hello words"},
      {"<34>Oct 11 22:14:15 fe80::1 su: x", "Oct 11 22:14:15", "fe80::1", "su", "", "x"},
      {"<34>Oct 11 22:14:15 su: 'su root' failed", "Oct 11 22:14:15", "", "su", "",
       "'su root' failed"},
      {"<34>Oct 11 22:14:15 su[3]: failed", "Oct 11 22:14:15", "", "su", "3", "failed"},
      {"<34>Oct 11 22:14:15 word", "Oct 11 22:14:15", "", "", "", "word"},
      {"<34>su[3]: failed", "", "", "su", "3", "failed"},
      {"<189>%ASA-6-302013: Built\n", "", "", "%ASA-6-302013", "", "Built"},
  };
  for (const auto& one : cases) expect_parts(remote(one.datagram), one);
}

TEST(SyslogMessage, TakesLongTagsAndNoLongerOnes) {
  const std::string most(128, 'x');
  EXPECT_EQ(most, local("<13>" + most + ": t").program);
  EXPECT_EQ("", local("<13>" + most + "x: t").program);
}

TEST(SyslogMessage, KnowsEveryPriority) {
  for (unsigned value = 0; value <= 191; ++value) {
    const auto message = local("<" + std::to_string(value) + ">x: y");
    EXPECT_EQ(SyslogFlaw::None, message.flaw);
    EXPECT_EQ(value < 8 ? 1 : value / 8, message.facility);  // kern is the kernel's alone
    EXPECT_EQ(value % 8, message.severity);
  }
  SyslogOrigin kernel;
  kernel.is_kernel = true;
  EXPECT_EQ(0, parse_syslog_message("<0>x", kernel).facility);
}

TEST(SyslogMessage, KeepsWhatIsNotWellFormedWhole) {
  const struct {
    std::string_view datagram;
    SyslogFlaw flaw;
  } cases[] = {
      {"no priority", SyslogFlaw::NoPriority},
      {"<", SyslogFlaw::NoPriority},
      {"<>", SyslogFlaw::NoPriority},
      {"<>x", SyslogFlaw::NoPriority},
      {"<a>x", SyslogFlaw::NoPriority},
      {"<13", SyslogFlaw::NoPriority},
      {"<13 x", SyslogFlaw::NoPriority},
      {"<-1>x", SyslogFlaw::NoPriority},
      {"<013>x", SyslogFlaw::NoPriority},
      {"<00>x", SyslogFlaw::NoPriority},
      {"<1000>x", SyslogFlaw::NoPriority},
      {"<99999999999999999999>x", SyslogFlaw::NoPriority},
      {"\0<13>x"sv, SyslogFlaw::NoPriority},
      {"<192>x", SyslogFlaw::BadPriority},
      {"<783>Nov 26 20:41:21 x: y", SyslogFlaw::BadPriority},
      {"<999>x", SyslogFlaw::BadPriority},
      {"<165>1 2003-10-11", SyslogFlaw::BadHeader},
      {"<165>1 2003-13-11T22:14:15Z host app - - - x", SyslogFlaw::BadHeader},
      {"<165>1 2003-10-11T22:14:15Z host app - -", SyslogFlaw::None},  // no SD: its text is empty
      {"<165>1 2003-10-11T22:14:15Z host app -", SyslogFlaw::BadHeader},
      {"<165>1 2003-10-11T22:14:15Z  app - - - x", SyslogFlaw::BadHeader},
      {"<165>1 - ho\xc3\xa4st app - - - x", SyslogFlaw::BadHeader},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.datagram);
    const auto message = local(one.datagram);
    EXPECT_EQ(one.flaw, message.flaw);
    if (one.flaw == SyslogFlaw::None) continue;
    EXPECT_EQ(one.datagram, message.text);
    EXPECT_EQ(1, message.facility);
    EXPECT_EQ(5, message.severity);
  }
}

TEST(SyslogMessage, IsEmptyWhereNothingWasSaid) {
  for (const auto datagram : {""sv, "\0"sv, "\n"sv, "\n\0"sv}) {
    EXPECT_EQ(SyslogFlaw::Empty, local(datagram).flaw);
    EXPECT_EQ("", local(datagram).text);
  }
}

TEST(SyslogMessage, ReadsRfc5424) {
  const auto message = remote(
      "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 77 ID47 "
      "[exampleSDID@32473 iut=\"3\" eventSource=\"Application\"][x@1 y=\"a \\\"\\\\\\] \\n\"] "
      "\xef\xbb\xbf"
      "An application event");
  EXPECT_EQ(SyslogFlaw::None, message.flaw);
  EXPECT_TRUE(message.is_rfc5424);
  EXPECT_EQ(20, message.facility);
  EXPECT_EQ(5, message.severity);
  EXPECT_EQ("2003-10-11T22:14:15.003Z", message.time);
  EXPECT_EQ("mymachine.example.com", message.host);
  EXPECT_EQ("evntslog", message.program);
  EXPECT_EQ("77", message.pid);
  EXPECT_EQ("ID47", message.message_id);
  EXPECT_EQ(
      "[exampleSDID@32473 iut=\"3\" eventSource=\"Application\"][x@1 y=\"a \\\"\\\\\\] \\n\"]",
      message.structured_data);
  EXPECT_EQ("An application event", message.text);
}

TEST(SyslogMessage, ReadsRfc5424WithNothingButItsForm) {
  for (const auto datagram : {"<0>1 - - - - - -"sv, "<0>1 - - - - - - "sv, "<0>1 - - - - -"sv}) {
    SCOPED_TRACE(datagram);
    const auto message = local(datagram);
    EXPECT_EQ(SyslogFlaw::None, message.flaw);
    EXPECT_TRUE(message.is_rfc5424);
    EXPECT_EQ("", message.time);
    EXPECT_EQ("", message.host);
    EXPECT_EQ("", message.program);
    EXPECT_EQ("", message.structured_data);
    EXPECT_EQ("", message.text);
  }
  EXPECT_EQ("[a]", local("<0>1 - - - - - [a]").structured_data);
}

TEST(SyslogMessage, KnowsTheTimesOfRfc5424) {
  const struct {
    std::string_view time;
    bool is_time;
  } cases[] = {
      {"2003-10-11T22:14:15Z", true},
      {"2003-10-11T22:14:15.1Z", true},
      {"2003-10-11T22:14:15.123456+05:30", true},
      {"2003-10-11T22:14:15.123456789-07:00", true},
      {"2004-02-29T00:00:00Z", true},
      {"2003-02-29T00:00:00Z", false},
      {"2003-10-32T00:00:00Z", false},
      {"2003-10-11T24:00:00Z", false},
      {"2003-10-11T22:60:00Z", false},
      {"2003-10-11T22:14:60Z", false},  // RFC 5424 knows no leap seconds
      {"2003-10-11T22:14:15", false},
      {"2003-10-11T22:14:15.Z", false},
      {"2003-10-11T22:14:15.1234567890Z", false},
      {"2003-10-11t22:14:15z", false},
      {"2003-10-11T22:14:15+0100", false},
      {"2003-10-11T22:14:15+24:00", false},
      {"2003-10-11T22:14:15ZZ", false},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.time);
    const auto datagram = "<13>1 " + std::string(one.time) + " h a - - - x";
    EXPECT_EQ(one.is_time ? SyslogFlaw::None : SyslogFlaw::BadHeader, local(datagram).flaw);
  }
}

TEST(SyslogMessage, KnowsHowLongTheFieldsOfRfc5424MayBe) {
  const std::size_t most[] = {255, 48, 128, 32};  // host, program, pid, message id
  for (std::size_t field = 0; field < 4; ++field) {
    for (const std::size_t more : {0U, 1U}) {
      std::string datagram = "<13>1 -";
      for (std::size_t at = 0; at < 4; ++at) {
        datagram += ' ' + std::string(at == field ? most[at] + more : 1, 'x');
      }
      EXPECT_EQ(more == 0 ? SyslogFlaw::None : SyslogFlaw::BadHeader, local(datagram + " -").flaw)
          << field << ' ' << more;
    }
  }
}

TEST(SyslogMessage, LeavesBadStructuredDataInItsText) {
  for (const auto rest :
       {"[a b=\"c\" text"sv, "[a b=c] text"sv, "[a] [b] text"sv, "[a b=\"]\"] text"sv,
        "[=a] text"sv, "[] text"sv, "[a b=\"c\"x] text"sv, "[a][ text"sv, "text"sv, "-text"sv,
        "[a]text"sv, "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa] 33"sv}) {
    SCOPED_TRACE(rest);
    const auto datagram = "<13>1 - h a - - " + std::string(rest);
    const auto message = local(datagram);
    EXPECT_EQ(SyslogFlaw::None, message.flaw);
    if (rest.starts_with("[a] ")) {
      EXPECT_EQ("[a]", message.structured_data);
      EXPECT_EQ("[b] text", message.text);
      continue;
    }
    EXPECT_EQ("", message.structured_data);
    EXPECT_EQ(rest, message.text);
  }
}

TEST(SyslogMessage, TellsThatItWasLonger) {
  SyslogOrigin origin;
  origin.is_truncated = true;
  EXPECT_TRUE(parse_syslog_message("<13>x: y", origin).is_truncated);
  EXPECT_FALSE(local("<13>x: y").is_truncated);
  const auto message = local("<13>" + std::string(64 * 1024, 'y'));
  EXPECT_TRUE(message.is_truncated);
  EXPECT_EQ(kMostDatagram - 4, message.text.size());
}

}  // namespace
}  // namespace uvinetd
