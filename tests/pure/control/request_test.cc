// SPDX-License-Identifier: ISC
#include "core/control/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/control/line_buffer.h"

namespace uvinetd {
namespace {

using ::testing::HasSubstr;

std::string code_of(std::string_view line) {
  const auto parsed = parse_request(line);
  return parsed.error ? std::string(parsed.error->code) : "good";
}

std::string request(std::string_view rest) {
  return R"({"uvinetd":1,)" + std::string(rest) + "}";
}

TEST(ControlRequests, ComeBackAsTheyWerePrinted) {
  std::vector<ControlRequest> list(16);
  for (std::size_t i = 0; i < list.size(); ++i) list[i].verb = static_cast<ControlVerb>(i);
  const auto of = [&](ControlVerb verb) -> ControlRequest& {
    return list[static_cast<std::size_t>(verb)];
  };
  for (const auto verb :
       {ControlVerb::Show, ControlVerb::Match, ControlVerb::Pause, ControlVerb::Resume}) {
    of(verb).id = "finger/tcp@[::1]\xc3\xa9\"";
  }
  of(ControlVerb::Match).address = "2001:db8::1";
  of(ControlVerb::Ban).address = of(ControlVerb::Unban).address = "10.0.0.0/8";
  of(ControlVerb::Ban).seconds = 600;
  of(ControlVerb::Pause).refuse = true;
  of(ControlVerb::Metrics).services = true;
  of(ControlVerb::Tail).ids = {"a", "b"};
  of(ControlVerb::Tail).events = {"refuse"};
  of(ControlVerb::Kill).pid = 2147483647;
  of(ControlVerb::Kill).signal = 64;
  of(ControlVerb::Stop).drain_seconds = 0;
  for (const auto& one : list) {
    auto line = print_request(one);
    ASSERT_EQ(line.back(), '\n');
    line.pop_back();
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto again = parse_request(line);
    ASSERT_FALSE(again.error) << line << again.error->message;
    EXPECT_EQ(again.request, one) << line;
  }
}

TEST(ControlRequests, WhatIsNoneIsToldAsSuch) {
  for (const char* line :
       {"", "x", "[]", "{", "1", "\"status\"", "{\"uvinetd\":1,\"verb\":\"status\"} x", "\xff"}) {
    EXPECT_EQ(code_of(line), "malformed") << line;
  }
  EXPECT_EQ(code_of("{}"), "version");
  EXPECT_EQ(code_of(R"({"uvinetd":2,"verb":"status"})"), "version");
  EXPECT_EQ(code_of(R"({"uvinetd":"1","verb":"status"})"), "version");
  EXPECT_EQ(code_of(request(R"("verb":"stauts")")), "unknown-verb");
  EXPECT_EQ(code_of(request(R"("verb":7)")), "malformed");
  EXPECT_EQ(code_of(request(R"("id":"x")")), "malformed");
}

// A word too much may be what makes a request safe.
TEST(ControlRequests, KeysThatDoNotGoWithTheVerbAreRefused) {
  EXPECT_EQ(code_of(request(R"("verb":"status")")), "good");
  EXPECT_EQ(code_of(request(R"("verb":"status","id":"x")")), "malformed");
  EXPECT_EQ(code_of(request(R"("verb":"stop","only":"x")")), "malformed");
  EXPECT_EQ(code_of(request(R"("verb":"ban","address":"10.0.0.1","pid":1)")), "malformed");
  EXPECT_THAT(parse_request(request(R"("verb":"stop","drian_seconds":5)")).error->message,
              HasSubstr("drian_seconds"));
}

TEST(ControlRequests, KeysThatAreNeededMustBeThere) {
  for (const char* verb : {"show", "pause", "resume", "match", "ban", "unban"}) {
    EXPECT_EQ(code_of(request("\"verb\":\"" + std::string(verb) + "\"")), "malformed") << verb;
  }
  EXPECT_EQ(code_of(request(R"("verb":"kill")")), "malformed");
  EXPECT_EQ(code_of(request(R"("verb":"kill","id":"a","pid":1)")), "malformed");
  EXPECT_EQ(code_of(request(R"("verb":"kill","pid":1)")), "good");
}

TEST(ControlRequests, ValuesOutOfRangeAreRefused) {
  for (const char* pid :
       {"0", "-1", "2147483648", "18446744073709551615", "1.5", "\"1\"", "null"}) {
    EXPECT_EQ(code_of(request(R"("verb":"kill","pid":)" + std::string(pid))), "malformed") << pid;
  }
  for (const char* signal : {"0", "65", "-9", "\"HUP\""}) {
    EXPECT_EQ(code_of(request(R"("verb":"kill","pid":1,"signal":)" + std::string(signal))),
              "malformed")
        << signal;
  }
  EXPECT_EQ(code_of(request(R"("verb":"pause","id":"")")), "malformed");
  EXPECT_EQ(code_of(request(R"("verb":"pause","id":"a\u0000b")")), "malformed");
  EXPECT_EQ(code_of(request(R"("verb":"pause","id":"a","refuse":1)")), "malformed");
  const std::string name(4 * 1024, 'x');
  EXPECT_EQ(code_of(request(R"("verb":"pause","id":")" + name + "\"")), "good");
  EXPECT_EQ(code_of(request(R"("verb":"pause","id":"x)" + name + "\"")), "malformed");
  EXPECT_EQ(code_of(request(R"("verb":"tail","ids":"a")")), "malformed");
  EXPECT_EQ(code_of(request(R"("verb":"tail","ids":[""])")), "malformed");
}

TEST(ControlRequests, OfAnyDepthAreRead) {
  const std::string deep(30'000, '[');
  EXPECT_EQ(code_of(deep), "malformed");
  EXPECT_EQ(code_of(request(R"("verb":"pause","id":)" + deep + std::string(30'000, ']'))),
            "malformed");
}

TEST(LineBufferTest, GivesWholeLinesOnly) {
  LineBuffer buffer(8);
  EXPECT_FALSE(buffer.next());
  buffer.add("on");
  EXPECT_FALSE(buffer.next());
  EXPECT_FALSE(buffer.has_line());
  buffer.add("e\n\ntwo\nthr");
  EXPECT_TRUE(buffer.has_line());
  EXPECT_EQ(buffer.next(), "one");
  EXPECT_EQ(buffer.next(), "");
  EXPECT_EQ(buffer.next(), "two");
  EXPECT_FALSE(buffer.next());
  EXPECT_FALSE(buffer.is_too_long());
  buffer.add("ee000");
  EXPECT_FALSE(buffer.is_too_long());
  buffer.add("0");
  EXPECT_TRUE(buffer.is_too_long());
}

}  // namespace
}  // namespace uvinetd
