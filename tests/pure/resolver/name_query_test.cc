// SPDX-License-Identifier: ISC
#include "core/resolver/name_query.h"

#include <gtest/gtest.h>

#include <string>

namespace uvinetd {
namespace {

TEST(NameQuery, ANameIsInLowerCaseAndWithoutTheDotOfTheRoot) {
  EXPECT_EQ(as_host_name("Host.Example."), "host.example");
  EXPECT_EQ(as_host_name("localhost"), "localhost");
  EXPECT_EQ(as_host_name("a_b-c.9"), "a_b-c.9");
  EXPECT_EQ(as_host_name(std::string(253, 'a')), std::string(253, 'a'));
}

TEST(NameQuery, WhatANameServerSaysMayBeNoName) {
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".a"), std::string("a..b"), std::string("a b"),
        std::string("a\nb"), std::string("a\0b", 3), std::string("h\xc3\xa4"), std::string("a/b"),
        std::string("a%b"), std::string(254, 'a')}) {
    EXPECT_FALSE(as_host_name(text)) << text;
  }
}

// What this host's name service says of its own address, asked as it is for clients.
TEST(NameQuery, IsAnsweredOnceFromTheLoop) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  int answers = 0;
  std::optional<std::string> said;
  NameQuery query(&loop, *SocketAddress::parse_ip("127.0.0.1", 0), [&](const auto& name) {
    ++answers;
    said = name;
  });
  query.ask();
  EXPECT_EQ(answers, 0);
  uv_run(&loop, UV_RUN_DEFAULT);
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(as_host_name(said.value_or("")).value_or(""), said.value_or(""));
  EXPECT_EQ(uv_loop_close(&loop), 0);
}

}  // namespace
}  // namespace uvinetd
