// SPDX-License-Identifier: ISC
#include "core/base/channel.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "core/base/channel_frame.h"
#include "core/base/process.h"
#include "tests/pure/base/in_child.h"

namespace uvinetd {
namespace {

using Event = Channel::Event;

struct Ends {
  Channel a, b;
};

Ends connected() {
  auto pair = Channel::make_pair();
  EXPECT_TRUE(pair) << pair.error().text();
  return {Channel(std::move(pair->first)), Channel(std::move(pair->second))};
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator list("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(list), end(list)));
}

bool is_same_file(int a, int b) {
  struct stat first {
  }, second{};
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_ino == second.st_ino &&
         first.st_dev == second.st_dev;
}

UniqueFd a_pipe_end() {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[1]);
  return UniqueFd(ends[0]);
}

// A frame as it stands on the wire, with a header that may lie.
std::string frame(FrameHeader header, std::string_view body) {
  return std::string(header.bytes()).append(body);
}

void write_raw(const Channel& channel, std::string_view bytes) {
  ASSERT_EQ(::send(channel.fd(), bytes.data(), bytes.size(), 0),
            static_cast<ssize_t>(bytes.size()));
}

TEST(Channel, EndsAreNonBlockingAndCloseOnExec) {
  auto [a, b] = connected();
  for (const int fd : {a.fd(), b.fd()}) {
    EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  }
}

TEST(Channel, DeliversMessagesInOrderWithTypeAndBody) {
  auto [a, b] = connected();
  ASSERT_TRUE(a.send(1, "first"));
  ASSERT_TRUE(a.send(2, ""));
  ASSERT_TRUE(a.send(65535, std::string("\0x", 2)));
  for (const auto& [type, body] : {std::pair(1, std::string("first")), std::pair(2, std::string()),
                                   std::pair(65535, std::string("\0x", 2))}) {
    const auto received = b.receive();
    ASSERT_EQ(received.event, Event::Message);
    EXPECT_EQ(received.message.type, type);
    EXPECT_EQ(received.message.body, body);
    EXPECT_TRUE(received.message.fds.empty());
  }
  EXPECT_EQ(b.receive().event, Event::Nothing);
}

TEST(Channel, CarriesTheLargestBodyAndRefusesALargerOne) {
  auto [a, b] = connected();
  const std::string largest(Channel::kMaxBody, 'x');
  ASSERT_TRUE(a.send(1, largest));
  auto received = b.receive();
  while (received.event == Event::Nothing && a.has_backlog()) {
    ASSERT_TRUE(a.flush());
    received = b.receive();
  }
  ASSERT_EQ(received.event, Event::Message);
  EXPECT_EQ(received.message.body, largest);
  const auto status = a.send(1, largest + "x");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, EMSGSIZE);
  EXPECT_EQ(b.receive().event, Event::Nothing);
}

TEST(Channel, DescriptorsCrossCloseOnExecAndTheSendersStayOpen) {
  auto [a, b] = connected();
  const auto one = a_pipe_end();
  const auto two = a_pipe_end();
  ASSERT_TRUE(a.send(7, "two", {one.get(), two.get()}));
  ASSERT_TRUE(a.send(8, "none"));
  auto received = b.receive();
  ASSERT_EQ(received.event, Event::Message);
  ASSERT_EQ(received.message.fds.size(), 2U);
  EXPECT_TRUE(is_same_file(received.message.fds[0].get(), one.get()));
  EXPECT_TRUE(is_same_file(received.message.fds[1].get(), two.get()));
  EXPECT_NE(::fcntl(received.message.fds[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(b.receive().message.fds.size(), 0U);
}

TEST(Channel, CarriesTheLargestNumberOfDescriptors) {
  auto [a, b] = connected();
  const auto end = a_pipe_end();
  ASSERT_TRUE(a.send(1, "many", std::vector<int>(Channel::kMaxFds, end.get())));
  EXPECT_EQ(b.receive().message.fds.size(), Channel::kMaxFds);
  EXPECT_FALSE(a.send(1, "more", std::vector<int>(Channel::kMaxFds + 1, end.get())));
}

TEST(Channel, QueuesInOrderWhileThePeerDoesNotReadAndFlushSendsTheRest) {
  auto [a, b] = connected();
  constexpr int kMessages = 5000;
  for (int i = 0; i < kMessages; ++i) ASSERT_TRUE(a.send(3, std::to_string(i) + " of many"));
  ASSERT_TRUE(a.has_backlog());
  for (int i = 0; i < kMessages;) {
    const auto received = b.receive();
    if (received.event == Event::Nothing) {
      ASSERT_TRUE(a.has_backlog()) << "message " << i << " is missing";
      ASSERT_TRUE(a.flush());
      continue;
    }
    ASSERT_EQ(received.event, Event::Message);
    ASSERT_EQ(received.message.body, std::to_string(i++) + " of many");
  }
  EXPECT_FALSE(a.has_backlog());
  EXPECT_EQ(b.receive().event, Event::Nothing);
}

TEST(Channel, QueuedDescriptorsAreDuplicatesAndArriveWithTheirMessage) {
  const auto before = open_descriptors();
  {
    auto [a, b] = connected();
    const std::string filler(30'000, 'f');
    while (!a.has_backlog()) ASSERT_TRUE(a.send(1, filler));
    const auto kept = a_pipe_end();
    const auto held = a.backlog();
    {
      const UniqueFd ours(::fcntl(kept.get(), F_DUPFD_CLOEXEC, 3));
      ASSERT_TRUE(a.send(2, "late", {ours.get()}));
    }
    EXPECT_EQ(a.backlog(), held + 1);
    Channel::Received received;
    do {
      received = b.receive();
      if (received.event == Event::Nothing) {
        ASSERT_TRUE(a.flush());
      }
    } while (received.message.type != 2);
    ASSERT_EQ(received.message.fds.size(), 1U);
    EXPECT_TRUE(is_same_file(received.message.fds[0].get(), kept.get()));
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Channel, MessagesOfADeadPeerAreDeliveredBeforeClosed) {
  auto [a, b] = connected();
  ASSERT_TRUE(b.send(9, "never read by a"));  // what a leaves unread makes b see ECONNRESET
  ASSERT_TRUE(a.send(1, "last"));
  ASSERT_TRUE(a.send(2, "words"));
  a.close();
  EXPECT_EQ(b.receive().message.body, "last");
  EXPECT_EQ(b.receive().message.body, "words");
  EXPECT_EQ(b.receive().event, Event::Closed);
  EXPECT_EQ(b.receive().event, Event::Closed);
}

TEST(Channel, SendingToADeadPeerIsAnErrorWithoutASignal) {
  auto [a, b] = connected();
  b.close();
  const auto status = a.send(1, "anybody?");
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().code == EPIPE || status.error().code == ECONNRESET);
  EXPECT_FALSE(a.has_backlog());
}

TEST(Channel, FlushTellsThatThePeerDiedWithABacklog) {
  auto [a, b] = connected();
  const std::string filler(30'000, 'f');
  while (!a.has_backlog()) ASSERT_TRUE(a.send(1, filler));
  b.close();
  EXPECT_FALSE(a.flush());
}

TEST(Channel, AClosedChannelRefusesToSendAndReceivesClosed) {
  Channel channel;
  EXPECT_FALSE(channel.is_open());
  EXPECT_FALSE(channel.send(1, ""));
  EXPECT_EQ(channel.receive().event, Event::Closed);
}

class ChannelBadFrame : public testing::TestWithParam<std::string> {};

TEST_P(ChannelBadFrame, IsMalformed) {
  auto [a, b] = connected();
  write_raw(a, GetParam());
  EXPECT_EQ(b.receive().event, Event::Malformed);
}

std::vector<std::string> bad_frames() {
  FrameHeader wrong_version;
  wrong_version.magic += 1;
  FrameHeader too_long;
  too_long.body_size = Channel::kMaxBody + 1;
  FrameHeader huge;
  huge.body_size = UINT32_MAX;
  FrameHeader promises_fds;
  promises_fds.fd_count = 1;
  FrameHeader too_many_fds;
  too_many_fds.fd_count = Channel::kMaxFds + 1;
  return {frame(wrong_version, ""), frame(too_long, "x"),    frame(huge, "x"),
          frame(promises_fds, ""),  frame(too_many_fds, ""), std::string(100, '\xff')};
}
INSTANTIATE_TEST_SUITE_P(Channel, ChannelBadFrame, testing::ValuesIn(bad_frames()));

TEST(Channel, ALengthThatDoesNotMatchThePacketIsNotAMessage) {
  FrameHeader header;
  header.body_size = 5;
  for (const std::string_view body : {"four", ""}) {
    auto [a, b] = connected();
    write_raw(a, frame(header, body));
    a.close();
    const auto event = b.receive().event;  // a stream cannot know that no more will come
    EXPECT_TRUE(event == Event::Malformed || event == Event::Closed);
  }
  auto [a, b] = connected();
  write_raw(a, std::string_view("short"));
  a.close();
  EXPECT_NE(b.receive().event, Event::Message);
}

TEST(Channel, DescriptorsOfAMalformedFrameAreClosed) {
  const auto before = open_descriptors();
  {
    auto [a, b] = connected();
    std::string raw = frame(FrameHeader{}, "");
    iovec part{raw.data(), raw.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    ControlBuffer control;
    const int fds[] = {a.fd(), b.fd()};
    control.fill(message, fds);
    ASSERT_GT(::sendmsg(a.fd(), &message, 0), 0);
    const auto received = b.receive();
    EXPECT_EQ(received.event, Event::Malformed);
    EXPECT_TRUE(received.message.fds.empty());
    EXPECT_EQ(open_descriptors(), before + 2);
  }
  EXPECT_EQ(open_descriptors(), before);
}

int receive_without_room() {
  auto [a, b] = connected();
  const auto end = a_pipe_end();
  if (!a.send(4, "no room", {end.get(), end.get(), end.get()})) return 1;
  if (!a.send(5, "next")) return 2;
  const auto before = open_descriptors();
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t usual = limit.rlim_cur;
  const UniqueFd highest(::dup(0));
  limit.rlim_cur = static_cast<rlim_t>(highest.get()) + 1;  // none free, or two at most
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto received = b.receive();
  const auto next = b.receive();
  limit.rlim_cur = usual;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (received.event != Event::TooFewDescriptors) return 3;
  if (received.message.type != 4 || received.message.body != "no room") return 4;
  if (!received.message.fds.empty()) return 5;
  if (next.event != Event::Message || next.message.body != "next") return 6;
  return open_descriptors() == before + 1 ? 0 : 7;
}

TEST(Channel, AReceiverOutOfDescriptorsKeepsTheMessageAndTheChannel) {
  EXPECT_EQ(test::in_child(receive_without_room), 0);
}

int queue_without_room() {
  auto [a, b] = connected();
  const std::string filler(30'000, 'f');
  while (!a.has_backlog())
    if (!a.send(1, filler)) return 1;
  const auto held = a.backlog();
  const UniqueFd highest(::dup(0));
  const rlimit limit{static_cast<rlim_t>(highest.get()) + 1, 4096};
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 2;
  const auto status = a.send(2, "", {0, 0});
  if (status || status.error().code != EMFILE) return 3;
  return a.backlog() == held ? 0 : 4;
}

TEST(Channel, QueuingWithoutADescriptorForTheDuplicateIsAnError) {
  EXPECT_EQ(test::in_child(queue_without_room), 0);
}

#ifdef UVINETD_PORTABLE_BUILD
TEST(StreamChannel, PutsAFrameTogetherFromSingleBytes) {
  auto [a, b] = connected();
  FrameHeader header;
  header.type = 6;
  header.body_size = 4;
  const std::string raw = frame(header, "slow");
  for (const char& octet : raw) {
    EXPECT_EQ(b.receive().event, Event::Nothing);
    write_raw(a, std::string_view(&octet, 1));
  }
  const auto received = b.receive();
  ASSERT_EQ(received.event, Event::Message);
  EXPECT_EQ(received.message.body, "slow");
}

TEST(StreamChannel, KeepsNothingThatWasPeeked) {
  auto [a, b] = connected();
  EXPECT_FALSE(Channel::keeps_peeked());
  ASSERT_TRUE(a.send(1, "first"));
  ASSERT_TRUE(a.send(1, "second"));
  EXPECT_EQ(b.peek().message.body, "first");
  b.drop();
  EXPECT_EQ(b.peek().message.body, "second");
  EXPECT_EQ(b.peek().event, Event::Nothing);
  b.end();
  EXPECT_EQ(a.receive().event, Event::Closed);
}

TEST(StreamChannel, StaysMalformedOnceOutOfStep) {
  auto [a, b] = connected();
  write_raw(a, std::string(12, 'x'));
  EXPECT_EQ(b.receive().event, Event::Malformed);
  ASSERT_TRUE(a.send(1, "good again"));
  EXPECT_EQ(b.receive().event, Event::Malformed);
}
#endif

}  // namespace
}  // namespace uvinetd
