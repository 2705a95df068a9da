// SPDX-License-Identifier: ISC
#include "core/reactor/datagram_head.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/pure/reactor/local_sockets.h"

namespace uvinetd {
namespace {

using namespace test;
using State = DatagramHead::State;

class DatagramHeadTest : public testing::Test {
 protected:
  DatagramHeadTest() : server(bound_ip_socket(SOCK_DGRAM)) {
    client = connected_to(server.get(), SOCK_DGRAM);
  }
  void arrive(std::string_view text) {
    ASSERT_TRUE(send_text(client.get(), text));
    ASSERT_TRUE(wait_for_input(server.get()));
  }
  UniqueFd server, client;
};

TEST_F(DatagramHeadTest, AnEmptyQueueHasNone) {
  EXPECT_EQ(peek_head(server.get()).state, State::Empty);
  EXPECT_EQ(peek_head(server.get()), DatagramHead());
  EXPECT_FALSE(discard_head(server.get()));
}

TEST_F(DatagramHeadTest, StaysTheSameHoweverOftenItIsLookedAt) {
  enable_marks(server.get());
  arrive("hello");
  const auto head = peek_head(server.get());
  EXPECT_EQ(head.state, State::Present);
  EXPECT_FALSE(head.mark.empty());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(peek_head(server.get()), head);
  EXPECT_EQ(receive_text(server.get()), "hello");
}

TEST_F(DatagramHeadTest, TwoThatAreIdenticalAreToldApart) {
  enable_marks(server.get());
  arrive("same");
  arrive("same");
  const auto first = peek_head(server.get());
  EXPECT_TRUE(discard_head(server.get()));
  const auto second = peek_head(server.get());
  EXPECT_EQ(second.state, State::Present);
  EXPECT_NE(first, second);
  EXPECT_TRUE(discard_head(server.get()));
  EXPECT_EQ(peek_head(server.get()).state, State::Empty);
}

TEST_F(DatagramHeadTest, OneThatCameBeforeTheMarksWereAskedForKeepsItsMarkToo) {
  arrive("early");
  enable_marks(server.get());
  const auto head = peek_head(server.get());
  EXPECT_EQ(peek_head(server.get()), head);
  EXPECT_EQ(head.state, State::Present);
}

TEST_F(DatagramHeadTest, WithoutMarksItIsKnownBySenderAndContent) {
  arrive("same");
  arrive("same");
  arrive("other");
  const auto first = peek_head(server.get());
  EXPECT_TRUE(discard_head(server.get()));
  EXPECT_EQ(peek_head(server.get()), first);
  EXPECT_TRUE(discard_head(server.get()));
  EXPECT_NE(peek_head(server.get()), first);
  const auto stranger = connected_to(server.get(), SOCK_DGRAM);
  EXPECT_TRUE(discard_head(server.get()));
  ASSERT_TRUE(send_text(stranger.get(), "same"));
  ASSERT_TRUE(wait_for_input(server.get()));
  EXPECT_NE(peek_head(server.get()), first);
}

TEST_F(DatagramHeadTest, AnEmptyDatagramIsOneToo) {
  enable_marks(server.get());
  arrive("");
  EXPECT_EQ(peek_head(server.get()).state, State::Present);
  EXPECT_TRUE(discard_head(server.get()));
  EXPECT_FALSE(discard_head(server.get()));
}

TEST_F(DatagramHeadTest, ALongDatagramIsDiscardedWhole) {
  arrive(std::string(9'000, 'x'));
  arrive("next");
  EXPECT_TRUE(discard_head(server.get()));
  EXPECT_EQ(receive_text(server.get()), "next");
}

TEST_F(DatagramHeadTest, AnAnswerFromTheNetworkIsPassedOver) {
  // An earlier reply went to a port where nobody is: the error stands before the datagram.
  UniqueFd connected = bound_ip_socket(SOCK_DGRAM);
  SocketAddress gone;
  {
    const auto peer = bound_ip_socket(SOCK_DGRAM);
    gone = *SocketAddress::local_of(peer.get());
  }
  ASSERT_EQ(connect(connected.get(), gone.data(), gone.size()), 0);
  ASSERT_TRUE(send_text(connected.get(), "reply"));
  pollfd entry{connected.get(), 0, 0};
  ASSERT_EQ(poll(&entry, 1, static_cast<int>(deadline().count())), 1);
  EXPECT_EQ(peek_head(connected.get()).state, State::Empty);
  EXPECT_EQ(poll(&entry, 1, 0), 0);  // consumed
}

TEST_F(DatagramHeadTest, DoesNotTouchTheFlagsOfTheSocket) {
  const int before = fcntl(server.get(), F_GETFL);
  (void)peek_head(server.get());
  (void)discard_head(server.get());
  EXPECT_EQ(fcntl(server.get(), F_GETFL), before);
}

TEST_F(DatagramHeadTest, WhatIsNoSocketIsBroken) {
  EXPECT_EQ(peek_head(-1).state, State::Broken);
  EXPECT_FALSE(discard_head(-1));
}

class UnixHeadTest : public testing::Test {
 protected:
  UnixHeadTest() : server(bound_unix_socket(SOCK_DGRAM, directory.file("s"))) {
    client = connected_to(server.get(), SOCK_DGRAM);
  }
  TemporaryDirectory directory;
  UniqueFd server, client;
};

TEST_F(UnixHeadTest, TwoThatAreIdenticalAreToldApart) {
  enable_marks(server.get());
  ASSERT_TRUE(send_text(client.get(), "same"));
  ASSERT_TRUE(send_text(client.get(), "same"));
  const auto first = peek_head(server.get());
  EXPECT_EQ(peek_head(server.get()), first);
  EXPECT_TRUE(discard_head(server.get()));
  EXPECT_EQ(peek_head(server.get()).state, State::Present);
  EXPECT_NE(peek_head(server.get()), first);
}

// A peek at a datagram with descriptors puts copies of them into the table of who looks.
TEST_F(UnixHeadTest, DescriptorsInADatagramDoNotStayWithWhoLooks) {
  for (const bool has_marks : {false, true}) {
    if (has_marks) enable_marks(server.get());
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 20)] = {};
    char byte = 'x';
    iovec part{&byte, 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    auto* record = CMSG_FIRSTHDR(&message);
    record->cmsg_level = SOL_SOCKET;
    record->cmsg_type = SCM_RIGHTS;
    record->cmsg_len = CMSG_LEN(sizeof(int) * 20);
    int fds[20];
    for (auto& fd : fds) fd = client.get();
    std::memcpy(CMSG_DATA(record), fds, sizeof fds);
    ASSERT_EQ(sendmsg(client.get(), &message, 0), 1);
    const auto before = open_descriptors();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(peek_head(server.get()).state, State::Present);
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_TRUE(discard_head(server.get()));
    EXPECT_EQ(open_descriptors(), before);
  }
}

}  // namespace
}  // namespace uvinetd
