// SPDX-License-Identifier: ISC
// Messages that are looked at and stay in the channel: Linux.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "core/base/channel.h"
#include "tests/pure/base/in_child.h"

namespace uvinetd {
namespace {

using Event = Channel::Event;

class ChannelPeekTest : public testing::Test {
 protected:
  ChannelPeekTest() {
    auto pair = Channel::make_pair();
    a = Channel(std::move(pair->first));
    b = Channel(std::move(pair->second));
  }
  // Sends the writing end of a pipe, and keeps the other.
  void send_pipe_end(const std::string& body) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    pipe = UniqueFd(ends[0]);
    const UniqueFd writer(ends[1]);
    ASSERT_TRUE(a.send(1, body, {writer.get()}));
  }
  // Whether a descriptor of the other end of the pipe is left anywhere.
  [[nodiscard]] bool pipe_has_writer() const {
    pollfd one{pipe.get(), POLLIN, 0};
    return ::poll(&one, 1, 0) == 0;
  }

  Channel a, b;
  UniqueFd pipe;
};

TEST_F(ChannelPeekTest, TheSameMessageIsSeenAgainWithItsDescriptorsUntilItIsDropped) {
  send_pipe_end("first");
  ASSERT_TRUE(a.send(2, "second"));
  for (int i = 0; i < 3; ++i) {
    const auto peeked = b.peek();
    ASSERT_EQ(peeked.event, Event::Message);
    EXPECT_EQ(peeked.message.type, 1);
    EXPECT_EQ(peeked.message.body, "first");
    ASSERT_EQ(peeked.message.fds.size(), 1U);
    EXPECT_EQ(::write(peeked.message.fds[0].get(), "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(::read(pipe.get(), &byte, 1), 1);
    EXPECT_NE(::fcntl(peeked.message.fds[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  }
  b.drop();
  EXPECT_EQ(b.peek().message.body, "second");
  b.drop();
  EXPECT_EQ(b.peek().event, Event::Nothing);
}

TEST_F(ChannelPeekTest, ReceiveTakesWhatWasPeeked) {
  ASSERT_TRUE(a.send(1, "once"));
  EXPECT_EQ(b.peek().message.body, "once");
  EXPECT_EQ(b.receive().message.body, "once");
  EXPECT_EQ(b.receive().event, Event::Nothing);
}

TEST_F(ChannelPeekTest, ADroppedMessageTakesItsDescriptorsAlong) {
  send_pipe_end("with a descriptor");
  (void)b.peek();
  EXPECT_TRUE(pipe_has_writer());
  b.drop();
  EXPECT_FALSE(pipe_has_writer());
}

TEST_F(ChannelPeekTest, WhatWasPeekedIsStillThereForAnotherHolderOfTheEnd) {
  Channel other(UniqueFd(::fcntl(b.fd(), F_DUPFD_CLOEXEC, 3)));
  send_pipe_end("peeked");
  ASSERT_TRUE(a.send(2, "never seen"));
  EXPECT_EQ(b.peek().message.body, "peeked");
  b.close();
  const auto left = other.receive();
  EXPECT_EQ(left.message.body, "peeked");
  EXPECT_EQ(left.message.fds.size(), 1U);
  EXPECT_EQ(other.receive().message.body, "never seen");
  EXPECT_EQ(other.receive().event, Event::Nothing);
}

// What the sender leaves unread makes this end see ECONNRESET, once, in whatever call is next.
TEST_F(ChannelPeekTest, AMessageOfASenderThatDiesMeanwhileIsDroppedAllTheSame) {
  ASSERT_TRUE(a.send(1, "work"));
  EXPECT_EQ(b.peek().message.body, "work");
  ASSERT_TRUE(b.send(2, "never read by a"));
  a.close();
  b.drop();
  EXPECT_EQ(b.peek().event, Event::Closed);
}

TEST_F(ChannelPeekTest, ADropOfNothingDoesNoHarm) {
  b.drop();
  ASSERT_TRUE(a.send(1, "here"));
  EXPECT_EQ(b.receive().message.body, "here");
  a.close();
  b.drop();
  EXPECT_EQ(b.peek().event, Event::Closed);
  b.close();
  b.drop();
}

TEST_F(ChannelPeekTest, AnEndIsToldToThePeerThoughAnotherHoldsItToo) {
  Channel other(UniqueFd(::fcntl(b.fd(), F_DUPFD_CLOEXEC, 3)));
  ASSERT_TRUE(a.send(1, "unread"));
  ASSERT_TRUE(b.send(2, "last words"));
  b.end();
  EXPECT_FALSE(b.is_open());
  EXPECT_EQ(a.receive().message.body, "last words");
  EXPECT_EQ(a.receive().event, Event::Closed);
  EXPECT_FALSE(a.send(1, "more"));
  EXPECT_EQ(other.receive().message.body, "unread");
  EXPECT_EQ(other.receive().event, Event::Closed);
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator list("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(list), end(list)));
}

int peek_without_room() {
  auto pair = *Channel::make_pair();
  Channel a(std::move(pair.first));
  Channel b(std::move(pair.second));
  if (!a.send(1, "patient", {0, 0})) return 1;
  const auto before = open_descriptors();
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto usual = limit.rlim_cur;
  limit.rlim_cur = 0;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  for (int i = 0; i < 3; ++i) {
    const auto peeked = b.peek();
    if (peeked.event != Event::TooFewDescriptors || !peeked.message.fds.empty()) return 2;
    if (peeked.message.body != "patient") return 3;
  }
  limit.rlim_cur = usual;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (open_descriptors() != before) return 4;
  return b.peek().message.fds.size() == 2 ? 0 : 5;
}

TEST_F(ChannelPeekTest, AMessageWaitsInTheChannelUntilThereAreDescriptorsForIt) {
  EXPECT_EQ(test::in_child(peek_without_room), 0);
}

}  // namespace
}  // namespace uvinetd
