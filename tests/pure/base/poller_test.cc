// SPDX-License-Identifier: ISC
#include "core/base/poller.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <utility>
#include <vector>

namespace uvinetd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::pair<UniqueFd, UniqueFd> socket_pair(int type = SOCK_STREAM) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void write_byte(const UniqueFd& fd) {
  ASSERT_EQ(::write(fd.get(), "x", 1), 1);
}

std::vector<std::uint32_t> ready(Poller& poller, std::size_t room = 16) {
  std::vector<std::uint32_t> tokens(room);
  tokens.resize(poller.ready(tokens));
  return tokens;
}

bool is_readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

class PollerTest : public testing::Test {
 protected:
  PollerTest() : opened(Poller::open()), poller(*opened) {}
  Result<Poller> opened;
  Poller& poller;
};

TEST_F(PollerTest, TellsTheTokensOfReadableSocketsAndIsReadableItself) {
  auto [a, a_peer] = socket_pair();
  auto [b, b_peer] = socket_pair();
  ASSERT_TRUE(poller.watch(a.get(), 10));
  ASSERT_TRUE(poller.watch(b.get(), 4'000'000'000));
  EXPECT_THAT(ready(poller), IsEmpty());
  EXPECT_FALSE(is_readable(poller.fd()));
  write_byte(b_peer);
  EXPECT_TRUE(is_readable(poller.fd()));
  EXPECT_THAT(ready(poller), ElementsAre(4'000'000'000));
  write_byte(a_peer);
  EXPECT_THAT(ready(poller), UnorderedElementsAre(10, 4'000'000'000));
}

TEST_F(PollerTest, IsLevelTriggered) {
  auto [a, peer] = socket_pair();
  ASSERT_TRUE(poller.watch(a.get(), 1));
  write_byte(peer);
  EXPECT_THAT(ready(poller), ElementsAre(1));
  EXPECT_THAT(ready(poller), ElementsAre(1));
}

TEST_F(PollerTest, ASocketThatIsNotWatchedAnyMoreIsSilentUntilWatchedAgain) {
  auto [a, peer] = socket_pair();
  ASSERT_TRUE(poller.watch(a.get(), 1));
  write_byte(peer);
  ASSERT_TRUE(poller.unwatch(a.get()));
  EXPECT_THAT(ready(poller), IsEmpty());
  EXPECT_FALSE(is_readable(poller.fd()));
  ASSERT_TRUE(poller.watch(a.get(), 2));
  EXPECT_THAT(ready(poller), ElementsAre(2));
}

TEST_F(PollerTest, WatchingTwiceTakesTheNewTokenAndUnwatchingTwiceIsNoError) {
  auto [a, peer] = socket_pair();
  ASSERT_TRUE(poller.watch(a.get(), 1));
  ASSERT_TRUE(poller.watch(a.get(), 2));
  write_byte(peer);
  EXPECT_THAT(ready(poller), ElementsAre(2));
  ASSERT_TRUE(poller.unwatch(a.get()));
  EXPECT_TRUE(poller.unwatch(a.get()));
}

TEST_F(PollerTest, LeavesTheBlockingFlagOfASocketAlone) {
  auto [blocking, peer] = socket_pair();
  auto [other, other_peer] = socket_pair(SOCK_STREAM | SOCK_NONBLOCK);
  ASSERT_TRUE(poller.watch(blocking.get(), 1));
  ASSERT_TRUE(poller.watch(other.get(), 2));
  write_byte(peer);
  ready(poller);
  EXPECT_EQ(::fcntl(blocking.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(other.get(), F_GETFL) & O_NONBLOCK, 0);
  ASSERT_TRUE(poller.unwatch(blocking.get()));
  EXPECT_EQ(::fcntl(blocking.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(PollerTest, AHungUpSocketIsReady) {
  auto [a, peer] = socket_pair();
  ASSERT_TRUE(poller.watch(a.get(), 3));
  peer.reset();
  EXPECT_THAT(ready(poller), ElementsAre(3));
}

TEST_F(PollerTest, AListenerThatWasShutDownIsReady) {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::listen(listener.get(), 5), 0);
  ASSERT_TRUE(poller.watch(listener.get(), 3));
  EXPECT_THAT(ready(poller), IsEmpty());
  ASSERT_EQ(::shutdown(listener.get(), SHUT_RDWR), 0);
  EXPECT_THAT(ready(poller), ElementsAre(3));
}

TEST_F(PollerTest, ReportsNoMoreThanThereIsRoomForAndTheRestLater) {
  std::vector<std::pair<UniqueFd, UniqueFd>> pairs;
  for (std::uint32_t i = 0; i < 300; ++i) {
    pairs.push_back(socket_pair(SOCK_DGRAM));
    ASSERT_TRUE(poller.watch(pairs.back().first.get(), i));
    write_byte(pairs.back().second);
  }
  EXPECT_THAT(ready(poller, 0), IsEmpty());
  EXPECT_EQ(ready(poller, 7).size(), 7U);
  std::vector<bool> seen(300);
  for (int turn = 0; turn < 300; ++turn) {
    for (const auto token : ready(poller, 300)) {
      seen[token] = true;
      char octet = 0;
      EXPECT_EQ(::read(pairs[token].first.get(), &octet, 1), 1);
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), 300);
}

TEST_F(PollerTest, ItsOwnDescriptorIsCloseOnExec) {
  EXPECT_NE(::fcntl(poller.fd(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(PollerTest, ADescriptorThatIsNotOpenIsAnError) {
  EXPECT_FALSE(poller.watch(9999, 1));
}

}  // namespace
}  // namespace uvinetd
