// SPDX-License-Identifier: ISC
#include "core/reactor/ident.h"

#include <gtest/gtest.h>

#include <string>

namespace uvinetd {
namespace {

TEST(Ident, TakesTheUserOfAnAnswerAboutThisPair) {
  EXPECT_EQ(parse_ident("6191, 23 : USERID : UNIX : stjohns\r", 6191, 23), "stjohns");
  EXPECT_EQ(parse_ident("6191,23:USERID:UNIX,US-ASCII:a:b c", 6191, 23), "a:b c");
  EXPECT_EQ(parse_ident(" 1 , 2 : USERID : OTHER : x \r\n", 1, 2), "x");
  EXPECT_EQ(parse_ident("1,2:USERID::x", 1, 2), "x");
}

TEST(Ident, AnythingElseIsNoUser) {
  for (const std::string& line :
       std::initializer_list<std::string>{"",
                                          "\r\n",
                                          "1, 2",
                                          "1, 2 :",
                                          "1, 2 : USERID",
                                          "1, 2 : USERID :",
                                          "1, 2 : USERID : UNIX",
                                          "1, 2 : USERID : UNIX :",
                                          "1, 2 : USERID : UNIX :  \r",
                                          "1, 2 : ERROR : NO-USER",
                                          "1, 2 : ERROR : UNIX : x",
                                          "1, 2 : userid : UNIX : x",
                                          "2, 1 : USERID : UNIX : x",
                                          "1, 3 : USERID : UNIX : x",
                                          "01x, 2 : USERID : UNIX : x",
                                          ", 2 : USERID : UNIX : x",
                                          "99999999999, 2 : USERID : UNIX : x",
                                          "-1, 2 : USERID : UNIX : x",
                                          "1 2 : USERID : UNIX : x",
                                          "1, 2, 3 : USERID : UNIX : x"}) {
    EXPECT_FALSE(parse_ident(line, 1, 2)) << line;
  }
}

}  // namespace
}  // namespace uvinetd
