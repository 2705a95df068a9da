// SPDX-License-Identifier: ISC
#include "core/config/load/rpc_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace uvinetd::testing {
namespace {

TEST(RpcFile, NamesAndAliasesHaveTheNumberOfTheirLine) {
  const RpcFile file(
      "# comment\n"
      "portmapper\t100000 portmap sunrpc rpcbind # and more\n"
      "mine 536870912\r\n"
      "last 7");
  EXPECT_EQ(file.number_of("portmapper"), 100000U);
  EXPECT_EQ(file.number_of("rpcbind"), 100000U);
  EXPECT_EQ(file.number_of("mine"), 536870912U);
  EXPECT_EQ(file.number_of("last"), 7U);
  EXPECT_EQ(file.number_of("and"), std::nullopt);
  EXPECT_EQ(file.number_of("absent"), std::nullopt);
}

TEST(RpcFile, DigitsAreANumber) {
  EXPECT_EQ(RpcFile("").number_of("100001"), 100001U);
  EXPECT_EQ(RpcFile("").number_of("4294967295"), 4294967295U);
  EXPECT_EQ(RpcFile("").number_of("4294967296"), std::nullopt);
  EXPECT_EQ(RpcFile("").number_of(""), std::nullopt);
}

TEST(RpcFile, TheUsualProgramsAreKnownWithoutTheFileAndYieldToIt) {
  EXPECT_EQ(RpcFile("").number_of("rstatd"), 100001U);
  EXPECT_EQ(RpcFile("").number_of("rusersd"), 100002U);
  EXPECT_EQ(RpcFile("rstatd 5\nrstatd 6\n").number_of("rstatd"), 5U);
}

TEST(RpcFile, WhatIsNoEntryIsPassedOver) {
  const RpcFile file("one\ntwo x\n\n 3\nfour 99999999999\nfive 5\n");
  EXPECT_EQ(file.number_of("one"), std::nullopt);
  EXPECT_EQ(file.number_of("two"), std::nullopt);
  EXPECT_EQ(file.number_of("four"), std::nullopt);
  EXPECT_EQ(file.number_of("five"), 5U);
}

TEST(RpcFile, AllAreSorted) {
  const auto all = RpcFile("zz 1\naa 2\n").all();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_THAT(all, ::testing::IsSupersetOf({"aa", "zz", "rstatd"}));
}

}  // namespace
}  // namespace uvinetd::testing
