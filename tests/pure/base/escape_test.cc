// SPDX-License-Identifier: ISC
#include "core/base/escape.h"

#include <gtest/gtest.h>

#include "core/base/calendar.h"

namespace uvinetd {
namespace {

using namespace std::string_view_literals;

TEST(OneLine, LeavesHarmlessTextAlone) {
  for (const auto text : {""sv, "plain \\ text"sv, "\xc2\xa0\xc3\xa9"sv, "\xe2\x82\xac"sv,
                          "\xed\x9f\xbf\xee\x80\x80"sv, "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf"sv}) {
    EXPECT_EQ(text, one_line(text, 100));
  }
}

TEST(OneLine, EscapesControlsAndWhatIsNotUtf8) {
  const struct {
    std::string_view text;
    std::string_view expected;
  } cases[] = {{"a\r\nb"sv, "a\\x0d\\x0ab"},
               {"\0\t\x1b[2J\x7f"sv, "\\x00\\x09\\x1b[2J\\x7f"},
               {"\xc2\x85\xc2\x9b"sv, "\\xc2\\x85\\xc2\\x9b"},                    // C1 controls
               {"\xe2\x80\xa8\xe2\x80\xa9"sv, "\\xe2\\x80\\xa8\\xe2\\x80\\xa9"},  // separators
               {"\xc0\xaf\xe0\x80\xaf"sv, "\\xc0\\xaf\\xe0\\x80\\xaf"},           // too long forms
               {"\xed\xa0\x80"sv, "\\xed\\xa0\\x80"},                             // a surrogate
               {"\xf4\x90\x80\x80\xff"sv, "\\xf4\\x90\\x80\\x80\\xff"},  // past Unicode's end
               {"\x80\xc3(\xe2\x82"sv, "\\x80\\xc3(\\xe2\\x82"}};        // pieces
  for (const auto& one : cases) EXPECT_EQ(one.expected, one_line(one.text, 100));
}

TEST(OneLine, CutsBetweenCharacters) {
  EXPECT_EQ("12345", one_line("12345", 5));
  EXPECT_EQ("12...", one_line("123456", 5));
  EXPECT_EQ("a...", one_line("a\xe2\x82\xac\xe2\x82\xac", 6));
  EXPECT_EQ("...", one_line("\n\n", 6));
  EXPECT_EQ("...", one_line("1234", 3));
}

TEST(Calendar, StampsAsCtimeDoes) {
  setenv("TZ", "UTC0", 1);
  tzset();
  EXPECT_EQ("Sun Nov 22 10:16:34 2026", date_and_time(1795342594));
  EXPECT_EQ("Nov 22 10:16:34", syslog_stamp(1795342594));
  EXPECT_EQ("Jan  1 00:00:00", syslog_stamp(0));
}

}  // namespace
}  // namespace uvinetd
