// SPDX-License-Identifier: ISC
// Bytes, lines, words and blocks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/xinetd/text.h"
#include "tests/pure/config/xinetd.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

struct Text {
  std::string text;
  std::vector<std::string> ids;
  std::vector<std::string> judgements;
  std::size_t written = 1;
};

void check(const Text& row) {
  SCOPED_TRACE(row.text.substr(0, 200));
  const auto config = parse_xinetd(row.text);
  EXPECT_THAT(judgements(config.diagnostics), ElementsAreArray(row.judgements))
      << ::testing::PrintToString(texts(config.diagnostics));
  EXPECT_THAT(ids(config), ElementsAreArray(row.ids));
  EXPECT_EQ(config.services_written, row.written);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

const std::string kFtp = service();

TEST(XinetdLines, NothingIsAnEmptyConfiguration) {
  for (const char* text : {"", "\n", "# only a comment", "  \t\n\t# another\n"}) {
    check({text, {}, {}, 0});
  }
}

TEST(XinetdLines, BlanksAndCommentsMayStandAnywhereBetweenLines) {
  check(
      {"# x\n\n  service\t ftp \n#\n\t{ \n  # y\n\tsocket_type\t=stream\n wait = no\nuser = root\n"
       "server = /bin/x\n\n  }",
       {"ftp/tcp"},
       {}});
}

TEST(XinetdLines, BytesOfAnotherSystemAreReadAndTold) {
  check({"\xef\xbb\xbf" + kFtp, {"ftp/tcp"}, {"warning 1:1 xinetd-differs"}});
  std::string crlf;
  for (const char c : kFtp) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  check({crlf, {"ftp/tcp"}, {"warning 1:12 xinetd-differs"}});
}

TEST(XinetdLines, ControlCharactersLeaveTheirServiceOut) {
  const std::string nul(1, '\0');
  check({service("nice" + nul + " = 1\n") + service("", "telnet"),
         {"telnet/tcp"},
         {"error 7:5 control-character"},
         2});
  check({service("# x" + nul + "\n"), {"ftp/tcp"}, {}});
  check(
      {"\x01"
       "x\n" +
           kFtp,
       {"ftp/tcp"},
       {"error 1:1 control-character"},
       2});
  check({service("server_args = a\rb\n"), {}, {"error 7:16 control-character"}});
}

TEST(XinetdLines, OtherBytesThanUtf8ArePassedOn) {
  const auto config = parse_xinetd(service("server_args = \xff\xfe\n"));
  EXPECT_THAT(config.diagnostics, IsEmpty());
  EXPECT_EQ(config.services.at(0).argv.at(1), "\xff\xfe");
}

TEST(XinetdLines, AVeryLongLineLeavesItsServiceOut) {
  const std::string args = "server_args = " + std::string(xinetd::LineReader::kLongestLine, 'x');
  check({service(args + "\n") + service("", "telnet"),
         {"telnet/tcp"},
         {"error 7:1 line-too-long"},
         2});
  check({"#" + std::string(1 << 20, 'x') + "\n" + kFtp, {"ftp/tcp"}, {}});
  check({std::string(1 << 20, ' ') + "\n" + kFtp, {"ftp/tcp"}, {}});
}

TEST(XinetdLines, ABraceOnTheLineOfItsServiceIsTakenWithAWarning) {
  for (const char* header : {"service ftp {\n", "service ftp{\n"}) {
    const auto text = replaced(kFtp, "service ftp\n{\n", header);
    check({text,
           {"ftp/tcp"},
           {header[11] == '{' ? "warning 1:12 xinetd-differs" : "warning 1:13 xinetd-differs"}});
  }
  check({"defaults{\numask = 077\n}\n" + kFtp, {"ftp/tcp"}, {"warning 1:9 xinetd-differs"}});
  check({"defaults {\numask = 077\n}\n" + kFtp, {"ftp/tcp"}, {"warning 1:10 xinetd-differs"}});
}

TEST(XinetdLines, BlocksThatAreNotWholeAreLeftOutAndReadingGoesOn) {
  const auto telnet = service("", "telnet");
  const std::vector<std::string> both{"ftp/tcp", "telnet/tcp"};
  check({kFtp + "}\n" + telnet, both, {"warning 8:1 block"}, 2});
  check({replaced(kFtp, "}\n", "") + telnet, {"telnet/tcp"}, {"error 7:1 block"}, 2});
  check({replaced(kFtp, "}\n", ""), {}, {"error 6:16 block"}});
  check({replaced(kFtp, "{\n", "") + telnet, {"telnet/tcp"}, {"error 2:1 block"}, 2});
  check({replaced(kFtp, "service ftp\n", "") + telnet, {"telnet/tcp"}, {"error 1:1 block"}, 2});
  check(
      {replaced(kFtp, "service ftp", "service") + telnet, {"telnet/tcp"}, {"error 1:8 block"}, 2});
  check({replaced(kFtp, "service ftp", "service ftp x") + telnet,
         {"telnet/tcp"},
         {"error 1:13 block"},
         2});
  check({replaced(kFtp, "{\n", "{ wait = no\n") + telnet, {"telnet/tcp"}, {"error 2:3 block"}, 2});
  check({replaced(kFtp, "}\n", "} x\n") + telnet, {"telnet/tcp"}, {"error 7:3 block"}, 2});
  check({replaced(kFtp, "}\n", "}}\n") + telnet, {"telnet/tcp"}, {"error 7:1 block"}, 2});
  check({"service ftp", {}, {"error 1:12 block"}});
  check({"service ftp\n{", {}, {"error 2:2 block"}});
}

TEST(XinetdLines, TextOutsideOfBlocksIsAnError) {
  check({"servce ftp\n" + kFtp, {"ftp/tcp"}, {"error 1:1 outside-block"}, 2});
  EXPECT_EQ(parse_xinetd("servce ftp\n").diagnostics.at(0).hint, "did you mean \"service\"?");
  check({kFtp + "disable = yes\n", {"ftp/tcp"}, {"error 8:1 outside-block"}, 2});
  check({"ftp stream tcp nowait root /bin/x x\n", {}, {"error 1:1 outside-block"}});
}

TEST(XinetdLines, AMissingBlankBeforeTheOperatorIsForgiven) {
  for (const char* line : {"umask=077\n", "umask= 077\n"}) {
    const auto config = parse_xinetd(service(line));
    EXPECT_THAT(judgements(config.diagnostics), ElementsAre("warning 7:6 xinetd-differs"));
    EXPECT_EQ(config.services.at(0).more->umask, 077U);
  }
  check({service("umask =077\n"), {"ftp/tcp"}, {}});
  const auto added = parse_xinetd(service("log_on_success+=PID\n"));
  EXPECT_THAT(judgements(added.diagnostics), ElementsAre("warning 7:15 xinetd-differs"));
  EXPECT_THAT(added.services.at(0).more->log_on_success, ElementsAre("PID"));
}

TEST(XinetdLines, ALineWithoutAnOperatorLeavesItsServiceOut) {
  check({service("umask 077\n"), {}, {"error 7:7 operator"}});
  check({service("umask\n"), {}, {"error 7:6 operator"}});
  check({service("= 077\n"), {}, {"error 7:1 operator"}});
  check({service("umask := 077\n"), {}, {"error 7:7 operator"}});
  check({service("umask += 077\n"), {}, {"error 7:1 operator"}});
}

TEST(XinetdLines, ASecondValueOfAnAttributeIsPassedOver) {
  const auto config = parse_xinetd(service("umask = 077\numask = 0\n"));
  EXPECT_THAT(judgements(config.diagnostics), ElementsAre("warning 8:1 duplicate-key"));
  EXPECT_EQ(config.services.at(0).more->umask, 077U);
  const auto list = parse_xinetd(service("env = A=1\nenv = B=2\nenv += C=3\n"));
  EXPECT_THAT(judgements(list.diagnostics), ElementsAre("warning 8:1 duplicate-key"));
  EXPECT_THAT(list.services.at(0).more->env, ElementsAre("B=2", "C=3"));
}

TEST(XinetdLines, ThousandsOfServicesAreRead) {
  std::string text;
  for (int i = 1; i <= 20000; ++i) {
    text += service("type = UNLISTED\nport = " + std::to_string(i) + "\n", "s" + std::to_string(i));
  }
  const auto config = parse_xinetd(text);
  EXPECT_EQ(config.services.size(), 20000U);
  EXPECT_THAT(config.diagnostics, IsEmpty());
}

}  // namespace
}  // namespace uvinetd::testing
