// SPDX-License-Identifier: ISC
#include "core/resolver/name_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "tests/pure/base/turning_loop.h"

namespace uvinetd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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

using NameQueries = test::LoopTest;

// What this host's name service says of its own address, asked as it is for clients.
TEST_F(NameQueries, AreAnsweredOnceFromTheLoop) {
  const auto address = *SocketAddress::parse_ip("127.0.0.1", 0);
  std::array<char, NI_MAXHOST> name{};
  const int status = getnameinfo(address.data(), address.size(), name.data(), name.size(), nullptr,
                                 0, NI_NAMEREQD);
  if (status != 0) GTEST_SKIP() << "127.0.0.1 has no name here: " << gai_strerror(status);
  std::vector<std::optional<std::string>> answers;
  NameQuery query(loop.get(), address, [&](const auto& said) { answers.push_back(said); });
  query.ask();
  EXPECT_THAT(answers, IsEmpty());
  EXPECT_TRUE(turn_until([&] { return uv_loop_alive(loop.get()) == 0; }));
  EXPECT_THAT(answers, ElementsAre(as_host_name(name.data())));
}

TEST_F(NameQueries, OfWhatIsNoAddressOfAHostNobodyIsAsked) {
  std::vector<std::optional<std::string>> answers;
  NameQuery query(loop.get(), *SocketAddress::unix_path("/run/x"),
                  [&](const auto& said) { answers.push_back(said); });
  query.ask();
  EXPECT_THAT(answers, ElementsAre(std::nullopt));
}

}  // namespace
}  // namespace uvinetd
