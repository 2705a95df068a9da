// SPDX-License-Identifier: ISC
// What the monitor and uvinetd-syslogd say to each other, byte by byte: two builds talk during an
// upgrade, so no release may change it.
#include "core/syslogd/syslog_wire.h"

#include <gtest/gtest.h>

#include <string_view>

namespace uvinetd {
namespace {

using namespace std::string_view_literals;

TEST(SyslogWire, NumbersOfMessages) {
  const auto number = [](SyslogMessageType type) { return static_cast<int>(type); };
  EXPECT_EQ(number(SyslogMessageType::Hello), 1);
  EXPECT_EQ(number(SyslogMessageType::Target), 3);
  EXPECT_EQ(number(SyslogMessageType::Used), 5);
  EXPECT_EQ(number(SyslogMessageType::Counts), 10);
}

TEST(SyslogWire, Bodies) {
  EXPECT_EQ(print(SyslogHello{1, "b", 2}), "\1\0\0\0\1\0\0\0b\2\0\0\0"sv);
  EXPECT_EQ(print(SyslogGeneration{7}), "\7\0\0\0"sv);
  EXPECT_EQ(print(SyslogTarget{7, 8, 9}), "\7\0\0\0\x8\0\0\0\x9\0\0\0"sv);
  EXPECT_EQ(print(SyslogTerminals{3, {"a"}, {}}), "\3\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0a\0\0\0\0"sv);
  EXPECT_EQ(print(SyslogCounts{1, 2, 3, 4, 5, 6, 7}),
            "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0\4\0\0\0\0\0\0\0"
            "\5\0\0\0\0\0\0\0\6\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0"sv);
}

TEST(SyslogWire, WhatIsSaidIsUnderstood) {
  const auto hello = parse_as<SyslogHello>(print(SyslogHello{1, "build", 42}));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->build_id, "build");
  EXPECT_EQ(hello->pid, 42);
  const auto told = parse_as<SyslogTerminals>(print(SyslogTerminals{5, {"a", "b"}, {"c"}}));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->users, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(told->absent, std::vector<std::string>{"c"});
}

TEST(SyslogWire, ShortLongAndAbsurdBodiesAreRefused) {
  const auto whole = print(SyslogTerminals{5, {"a", "b"}, {"c"}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_as<SyslogTerminals>(std::string_view(whole).substr(0, size))) << size;
  EXPECT_FALSE(parse_as<SyslogTerminals>(whole + "x"));
  EXPECT_FALSE(parse_as<SyslogTerminals>("\0\0\0\0\0\0\0\0\xff\xff\xff\xff"sv));
  EXPECT_FALSE(parse_as<SyslogTarget>(print(SyslogTarget{1, 2, -3})));
}

}  // namespace
}  // namespace uvinetd
