// SPDX-License-Identifier: ISC
#include "core/config/suggest.h"

#include <gtest/gtest.h>

#include <array>

#include "core/config/quote.h"

namespace uvinetd {
namespace {

constexpr std::array<std::string_view, 4> kWords{"stream", "dgram", "seqpacket", "on"};

TEST(Suggest, CountsInsertionsDeletionsChangesAndSwaps) {
  EXPECT_EQ(edit_distance("", "", 2), 0U);
  EXPECT_EQ(edit_distance("stream", "stream", 2), 0U);
  EXPECT_EQ(edit_distance("strem", "stream", 2), 1U);
  EXPECT_EQ(edit_distance("stream", "strem", 2), 1U);
  EXPECT_EQ(edit_distance("steram", "stream", 2), 1U);
  EXPECT_EQ(edit_distance("straem", "stream", 2), 1U);
  EXPECT_EQ(edit_distance("xxream", "stream", 2), 2U);
  EXPECT_EQ(edit_distance("abc", "xyz", 2), 3U);
  EXPECT_EQ(edit_distance("a", "abcdef", 2), 3U);
}

TEST(Suggest, NamesTheNearestWordOrNone) {
  EXPECT_EQ(did_you_mean("strem", kWords), "did you mean \"stream\"?");
  EXPECT_EQ(did_you_mean("STREAM", kWords), "did you mean \"stream\"?");
  EXPECT_EQ(did_you_mean("dgarm", kWords), "did you mean \"dgram\"?");
  EXPECT_EQ(did_you_mean("tcp", kWords), "");
  EXPECT_EQ(did_you_mean("", kWords), "");
  EXPECT_EQ(did_you_mean(std::string(100000, 's'), kWords), "");
}

TEST(Quoted, EscapesWhatIsNotPrintableUtf8) {
  EXPECT_EQ(quoted("a b"), "\"a b\"");
  EXPECT_EQ(quoted(std::string_view("\0\n\x7f", 3)), R"("\x00\x0a\x7f")");
  EXPECT_EQ(quoted("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
  EXPECT_EQ(quoted("\xc3"), R"("\xc3")");
  EXPECT_EQ(quoted("\xc0\xaf"), R"("\xc0\xaf")");
  EXPECT_EQ(quoted("\xed\xa0\x80"), R"("\xed\xa0\x80")");
  EXPECT_EQ(quoted("\xf4\x90\x80\x80"), R"("\xf4\x90\x80\x80")");
}

TEST(Quoted, IsBounded) {
  EXPECT_LT(uvinetd::quoted(std::string(1 << 20, '\x01')).size(), 400U);
}

}  // namespace
}  // namespace uvinetd
