// SPDX-License-Identifier: ISC
// How the bytes are cut into entries and words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::string_literals;

std::vector<std::string> argv_of(std::string_view arguments, Dialect dialect = Dialect::FreeBsd) {
  const auto parsed = parse("ftp stream tcp nowait root /bin/x " + std::string(arguments), dialect);
  return parsed.services.empty() ? std::vector<std::string>{"left out"} : parsed.services[0].argv;
}

TEST(Lines, AnEmptyFileIsAnEmptyConfiguration) {
  for (const char* text :
       {"", "\n", "\r\n", "   ", "\t\n \n", "#", "# x", "#\n#", "\xef\xbb\xbf"}) {
    const auto parsed = parse(text);
    EXPECT_THAT(parsed.services, IsEmpty());
    EXPECT_THAT(parsed.diagnostics, IsEmpty());
    EXPECT_EQ(parsed.services_written, 0U);
  }
}

TEST(Lines, BlanksBeforeAnEntryAreAllowed) {
  EXPECT_THAT(ids(parse("\n  \techo stream tcp nowait root internal\n")), ElementsAre("echo/tcp"));
}

TEST(Lines, ContinuationLinesRunOnPastLinesOfBlanks) {
  const auto parsed = parse(
      "ftp stream tcp nowait root /bin/x\n  a\n \t \n\tb\nsmtp stream tcp nowait "
      "root /bin/y\n");
  ASSERT_THAT(ids(parsed), ElementsAre("ftp/tcp", "smtp/tcp"));
  EXPECT_THAT(parsed.services[0].argv, ElementsAre("a", "b"));
}

TEST(Lines, AnEmptyLineOrACommentInColumnOneEndsAnEntry) {
  EXPECT_THAT(places(parse("ftp stream tcp nowait root /bin/x\n\n  a\n").diagnostics),
              ElementsAre("3:4 missing-field"));
  EXPECT_THAT(places(parse("ftp stream tcp nowait root /bin/x\n#\n  a b\n").diagnostics),
              ElementsAre("3:6 missing-field"));
}

TEST(Lines, FieldsOnContinuationLinesHaveTheirOwnPlace) {
  EXPECT_THAT(places(parse("ftp stream tcp\n   nowiat root /bin/x\n").diagnostics),
              ElementsAre("2:4 wait"));
}

TEST(Lines, GnuAndBusyboxKnowNoContinuationLines) {
  for (const auto dialect : {Dialect::Gnu, Dialect::Busybox}) {
    const auto parsed = parse("ftp stream tcp nowait root /bin/x\n  a b\n", dialect);
    EXPECT_THAT(parsed.services[0].argv, ElementsAre("x"));
    EXPECT_THAT(places(parsed.diagnostics), ElementsAre("2:6 missing-field"));
    EXPECT_THAT(ids(parse("ftp stream tcp nowait root /bin/x\n"
                          "  smtp stream tcp nowait root /bin/x\n",
                          dialect)),
                ElementsAre("ftp/tcp", "smtp/tcp"));
  }
}

TEST(Lines, AnIndentedCommentIsNoArgumentAndTold) {
  const auto parsed = parse("ftp stream tcp nowait root /bin/x\n  # an aside\n  -l\n");
  EXPECT_THAT(parsed.services[0].argv, ElementsAre("-l"));
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("2:3 indented-comment"));
  EXPECT_THAT(parse("  # nothing above\n").diagnostics, IsEmpty());
}

TEST(Lines, AHashLaterOnIsAnArgumentAndTold) {
  const auto parsed = parse("ftp stream tcp nowait root /bin/x x # not # a comment\n");
  EXPECT_THAT(parsed.services[0].argv, ElementsAre("x", "#", "not", "#", "a", "comment"));
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:37 trailing-comment"));
}

TEST(Lines, BusyboxEndsAnyLineAtAHash) {
  const auto parsed = parse("ftp stream tcp nowait root /bin/x x#y z\n", Dialect::Busybox);
  EXPECT_THAT(parsed.services[0].argv, ElementsAre("x"));
  EXPECT_THAT(parsed.diagnostics, IsEmpty());
}

TEST(Lines, IpsecPoliciesAreToldAndNotApplied) {
  const auto parsed =
      parse("#@ in ipsec esp/transport//require\necho stream tcp nowait root internal\n");
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:1 ipsec-policy"));
  EXPECT_EQ(parsed.diagnostics[0].severity, Severity::Warning);
  EXPECT_THAT(ids(parsed), ElementsAre("echo/tcp"));
}

TEST(Lines, QuotationMarksAtTheStartOfAWordGroup) {
  EXPECT_THAT(argv_of(R"(sh -c "a b" 'c "d"' "" don't)"),
              ElementsAre("sh", "-c", "a b", "c \"d\"", "", "don't"));
  EXPECT_THAT(argv_of("\"a\\b\""), ElementsAre("a\\b"));
}

TEST(Lines, NetBsdQuotesAnywhereInAWord) {
  EXPECT_THAT(argv_of(R"(--x="a b"c)", Dialect::NetBsd), ElementsAre("--x=a bc"));
  EXPECT_THAT(argv_of(R"(--x="ab"c)", Dialect::FreeBsd), ElementsAre("--x=\"ab\"c"));
}

TEST(Lines, QuotesAreTakenWithANoteWhereTheSystemsOwnInetdDoesNot) {
  const auto parsed = parse("ftp stream tcp nowait root /bin/sh sh -c \"a b\" 'c'\n");
  EXPECT_THAT(parsed.services[0].argv, ElementsAre("sh", "-c", "a b", "c"));
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:42 quoting"));
  EXPECT_EQ(parsed.diagnostics[0].severity, Severity::Note);
}

TEST(Lines, AnOpenQuotationMarkLeavesTheEntryOut) {
  const auto parsed = parse(
      "ftp stream tcp nowait root /bin/sh \"a b\n c\" d\nsmtp stream tcp "
      "nowait root /bin/x\n");
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:36 quote"));
  EXPECT_THAT(ids(parsed), ElementsAre("smtp/tcp"));
  EXPECT_EQ(parsed.services_written, 2U);
  EXPECT_THAT(places(parse("ftp stream tcp nowait root /bin/sh \"a\"b\n").diagnostics),
              ElementsAre("1:39 quote"));
}

TEST(Lines, ControlCharactersAreErrorsWhereTheyStand) {
  EXPECT_THAT(texts(parse("ftp stream tcp nowait ro\0ot /bin/x\n"s).diagnostics),
              ElementsAre("f:1:25: error: control character \\x00 in the configuration "
                          "[control-character]"));
  EXPECT_THAT(places(parse("ftp stream tcp nowait root /bin/x\n  a\x7f\n").diagnostics),
              ElementsAre("2:4 control-character"));
  EXPECT_THAT(places(parse("a\rb\rc").diagnostics), ElementsAre("1:2 control-character"));
  EXPECT_THAT(parse("# \x01\0 in a comment\n"s).diagnostics, IsEmpty());
}

TEST(Lines, BytesThatAreNoUtf8AreKept) {
  EXPECT_THAT(argv_of("\xff\xfe"), ElementsAre("\xff\xfe"));
  EXPECT_THAT(texts(parse("\xff stream tcp nowait root /bin/x\n").diagnostics),
              ElementsAre("f:1:1: error: unknown service \"\\xff\" for tcp [service]"));
}

TEST(Lines, AnEntryOfMoreThan64KiBIsLeftOut) {
  const std::string head = "ftp stream tcp nowait root /bin/x ";
  const std::string tail = "\nsmtp stream tcp nowait root /bin/x\n";
  const std::string fits(64 * 1024 - head.size(), 'x');
  EXPECT_THAT(ids(parse(head + fits + tail)), ElementsAre("ftp/tcp", "smtp/tcp"));
  const auto parsed = parse(head + fits + "x" + tail);
  EXPECT_THAT(ids(parsed), ElementsAre("smtp/tcp"));
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:1 line-too-long"));

  std::string continued = head;
  for (int i = 0; i < 2000; ++i) continued += "\n  " + std::string(60, 'x');
  EXPECT_THAT(places(parse(continued + tail).diagnostics), ElementsAre("1:1 line-too-long"));
  EXPECT_THAT(ids(parse(continued + tail)), ElementsAre("smtp/tcp"));
}

TEST(Lines, ALineOfAMegabyteIsOneError) {
  const auto parsed = parse(std::string(1 << 20, 'x') + "\n" + std::string(1 << 20, ' ') + "\n#" +
                            std::string(1 << 20, 'x'));
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:1 line-too-long"));
}

TEST(Lines, DiagnosticsAreBounded) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "x\n";
  const auto parsed = parse(text);
  ASSERT_EQ(parsed.diagnostics.size(), 10001U);
  EXPECT_EQ(parsed.diagnostics[0].slug, "too-many");
  EXPECT_THAT(parsed.diagnostics[0].text(), HasSubstr("10000 more"));
  EXPECT_EQ(parsed.services_written, 20000U);
}

}  // namespace
}  // namespace uvinetd::testing
