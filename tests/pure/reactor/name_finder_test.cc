// SPDX-License-Identifier: ISC
#include "core/reactor/name_finder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "spawn/wire.h"
#include "tests/pure/base/turning_loop.h"
#include "tests/pure/spawn/eventually.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class NameFinderTest : public LoopTest {
 protected:
  // A resolver that is the test; the one before is gone.
  void join() {
    auto pair = *Channel::make_pair();
    resolver = Channel(std::move(pair.first));
    finder.join(std::move(pair.second));
  }
  std::vector<std::string> questions() {
    std::vector<std::string> out;
    for (;;) {
      auto received = resolver.receive();
      if (received.event != Channel::Event::Message) return out;
      out.push_back(parse_as<FindName>(received.message.body)->address);
    }
  }
  void answer(const std::string& address, const std::string& name, bool is_answered = true) {
    const auto type = static_cast<std::uint16_t>(MessageType::NameFound);
    ASSERT_TRUE(resolver.send(type, print(NameFound{address, name, is_answered})));
    turn();
  }
  static SocketAddress peer(const std::string& host) {
    return *SocketAddress::parse_ip(host, 1024);
  }

  Channel resolver;
  std::vector<std::pair<WaitingRoom::Ticket, std::optional<std::string>>> found;
  int needed = 0;
  NameFinder finder{loop,
                    [this](WaitingRoom::Ticket ticket, const std::optional<std::string>& name) {
                      found.emplace_back(ticket, name);
                    },
                    [this] { ++needed; }};
};

TEST_F(NameFinderTest, AsksForAResolverOnceAndAsksItWhenItJoins) {
  finder.ask(1, peer("192.0.2.1"));
  finder.ask(2, peer("192.0.2.2"));
  EXPECT_EQ(needed, 1);
  join();
  EXPECT_THAT(questions(), UnorderedElementsAre("192.0.2.1", "192.0.2.2"));
  answer("192.0.2.2", "b.example");
  answer("192.0.2.1", "");
  EXPECT_THAT(found, ElementsAre(Pair(2, "b.example"), Pair(1, "")));
  EXPECT_EQ(finder.known(peer("192.0.2.2")), "b.example");
  EXPECT_EQ(finder.known(peer("192.0.2.1")), "");
}

TEST_F(NameFinderTest, AsksOnceForManyClientsOfOneAddress) {
  join();
  for (WaitingRoom::Ticket ticket = 1; ticket <= 3; ++ticket) {
    finder.ask(ticket, peer(ticket == 2 ? "::ffff:192.0.2.1" : "192.0.2.1"));
  }
  finder.drop(1);
  EXPECT_THAT(questions(), ElementsAre("192.0.2.1"));
  answer("192.0.2.1", "a.example");
  EXPECT_THAT(found, ElementsAre(Pair(2, "a.example"), Pair(3, "a.example")));
}

TEST_F(NameFinderTest, WhatNobodyCouldBeAskedAboutIsNotRemembered) {
  join();
  finder.ask(1, peer("192.0.2.1"));
  answer("192.0.2.1", "", false);
  EXPECT_THAT(found, ElementsAre(Pair(1, std::nullopt)));
  EXPECT_EQ(finder.known(peer("192.0.2.1")), std::nullopt);
  finder.ask(2, peer("192.0.2.1"));
  EXPECT_THAT(questions(), ElementsAre("192.0.2.1", "192.0.2.1"));
}

TEST_F(NameFinderTest, AfterTheDeathOfTheResolverAnotherIsAsked) {
  join();
  finder.ask(1, peer("192.0.2.1"));
  resolver.close();
  EXPECT_TRUE(eventually([&] {
    turn();
    return needed == 1;
  }));
  finder.ask(2, peer("192.0.2.2"));
  EXPECT_EQ(needed, 1);
  join();
  EXPECT_THAT(questions(), UnorderedElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_THAT(found, IsEmpty());
}

TEST_F(NameFinderTest, WithNobodyWaitingADeadResolverIsNotMissed) {
  join();
  resolver.close();
  for (int i = 0; i < 3; ++i) turn();
  EXPECT_EQ(needed, 0);
  finder.ask(1, peer("192.0.2.1"));
  EXPECT_EQ(needed, 1);
}

TEST_F(NameFinderTest, AnswersThatNobodyWaitsForAreKept) {
  join();
  finder.ask(1, peer("192.0.2.1"));
  finder.drop(1);
  answer("192.0.2.1", "a.example");
  answer("192.0.2.9", "unasked.example");
  EXPECT_THAT(found, IsEmpty());
  EXPECT_EQ(finder.known(peer("192.0.2.1")), "a.example");
}

}  // namespace
}  // namespace uvinetd
