// SPDX-License-Identifier: ISC
#include "core/reactor/waiting_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/pure/base/turning_loop.h"
#include "tests/pure/reactor/local_sockets.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using Event = WaitingRoom::Event;

class WaitingRoomTest : public LoopTest {
 protected:
  WaitingRoomTest() : listener(bound_ip_socket(SOCK_STREAM)) {
    EXPECT_EQ(listen(listener.get(), 64), 0);
  }
  // One that has come to this listener, and its client's end.
  Visitor visitor(UniqueFd& client) {
    client = connected_to(listener.get(), SOCK_STREAM);
    Visitor out;
    out.service = 7;
    out.listener = 3;
    out.connection.reset(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    out.client.peer = *SocketAddress::peer_of(out.connection.get());
    out.client.socket = out.connection.get();
    return out;
  }
  WaitingRoom::Ticket enter(UniqueFd& client, Awaited awaited = Awaited::Name) {
    return room.enter(visitor(client), awaited);
  }
  // Closed with a reset, which is to leave for good.
  static void reset(UniqueFd& client) {
    const linger at_once{1, 0};
    setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client.reset();
  }
  static SocketAddress source(const std::string& host) {
    return *SocketAddress::parse_ip(host, 1024);
  }

  UniqueFd listener;
  std::vector<std::pair<WaitingRoom::Ticket, Event>> events;
  WaitingRoom room{loop, timers, [this](WaitingRoom::Ticket ticket, Awaited, Event event) {
                     events.emplace_back(ticket, event);
                     if (event != Event::Readable) (void)room.leave(ticket);
                   }};
};

TEST_F(WaitingRoomTest, WhoIsTakenOutIsWhoCameIn) {
  UniqueFd client;
  const auto ticket = enter(client);
  EXPECT_EQ(room.count(), 1U);
  ASSERT_NE(room.find(ticket), nullptr);
  room.find(ticket)->client.name = "host.example";
  auto taken = room.leave(ticket);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->service, 7U);
  EXPECT_EQ(taken->listener, 3U);
  EXPECT_EQ(taken->client.name, "host.example");
  EXPECT_TRUE(taken->was_watched);
  EXPECT_TRUE(send_text(client.get(), "x"));
  EXPECT_TRUE(wait_for_input(taken->connection.get()));
  EXPECT_EQ(room.count(), 0U);
  EXPECT_FALSE(room.leave(ticket));
  EXPECT_EQ(room.find(ticket), nullptr);
  pass(WaitingRoom::kDeadline);
  EXPECT_THAT(events, IsEmpty());
}

TEST_F(WaitingRoomTest, WhoWaitsPastTheDeadlineIsLate) {
  UniqueFd client;
  const auto ticket = enter(client);
  pass(WaitingRoom::kDeadline - 1s);
  EXPECT_THAT(events, IsEmpty());
  pass(1s);
  EXPECT_THAT(events, ElementsAre(Pair(ticket, Event::Late)));
  EXPECT_EQ(room.count(), 0U);
}

TEST_F(WaitingRoomTest, AClientThatLeavesIsNoticed) {
  UniqueFd client;
  const auto ticket = enter(client);
  reset(client);
  EXPECT_TRUE(turn_until([&] { return !events.empty(); }));
  EXPECT_THAT(events, ElementsAre(Pair(ticket, Event::Gone)));
}

TEST_F(WaitingRoomTest, AClientThatHasSaidAllItWillSayStays) {
  UniqueFd client;
  const auto ticket = enter(client);
  EXPECT_TRUE(send_text(client.get(), "query\r\n"));
  EXPECT_EQ(shutdown(client.get(), SHUT_WR), 0);
  UniqueFd other;
  const auto later = enter(other);
  reset(other);  // so that what came before has been looked at
  EXPECT_TRUE(turn_until([&] { return !events.empty(); }));
  EXPECT_THAT(events, ElementsAre(Pair(later, Event::Gone)));
  EXPECT_NE(room.find(ticket), nullptr);
}

TEST_F(WaitingRoomTest, OnlyWhoWaitsForAHeaderIsReadFrom) {
  UniqueFd client;
  UniqueFd other;
  (void)enter(client);
  EXPECT_TRUE(send_text(client.get(), "early"));
  const auto ticket = enter(other, Awaited::Header);
  EXPECT_TRUE(send_text(other.get(), "PROXY "));
  EXPECT_TRUE(turn_until([&] { return events.size() >= 2; }));  // again, as nobody has read it
  for (const auto& event : events) EXPECT_THAT(event, Pair(ticket, Event::Readable));
}

TEST_F(WaitingRoomTest, HoldsSoManyOfOneSourceAndSoManyInAll) {
  constexpr auto kOfSource = WaitingRoom::kMostOfSource;
  std::vector<WaitingRoom::Ticket> tickets;
  const auto enter_from = [&](const std::string& host, Awaited awaited) {
    Visitor one;
    one.connection = make_socket(AF_UNIX, SOCK_DGRAM);
    one.client.peer = source(host);
    one.client.socket = one.connection.get();
    tickets.push_back(room.enter(std::move(one), awaited));
  };
  for (std::size_t i = 0; i < kOfSource; ++i) enter_from("192.0.2.1", Awaited::Name);
  EXPECT_FALSE(room.has_place(source("192.0.2.1"), Awaited::Name));
  EXPECT_FALSE(room.has_place(source("192.0.2.1"), Awaited::Ident));
  EXPECT_FALSE(room.has_place(source("::ffff:192.0.2.1"), Awaited::Name));
  EXPECT_TRUE(room.has_place(source("192.0.2.1"), Awaited::Header));
  EXPECT_TRUE(room.has_place(source("192.0.2.2"), Awaited::Name));
  (void)room.leave(tickets.front());
  EXPECT_TRUE(room.has_place(source("192.0.2.1"), Awaited::Name));
  for (std::size_t i = 0; i < kOfSource; ++i) enter_from("2001:db8::1", Awaited::Name);
  EXPECT_FALSE(room.has_place(source("2001:db8::ffff:2"), Awaited::Name));
  EXPECT_TRUE(room.has_place(source("2001:db8:0:1::1"), Awaited::Name));
  while (room.count() < WaitingRoom::kMost) enter_from("192.0.2.9", Awaited::Header);
  EXPECT_FALSE(room.has_place(source("192.0.2.9"), Awaited::Header));
  EXPECT_FALSE(room.has_place(source("198.51.100.1"), Awaited::Name));
}

}  // namespace
}  // namespace uvinetd
