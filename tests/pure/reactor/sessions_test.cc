// SPDX-License-Identifier: ISC
#include "core/reactor/sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/base/process.h"
#include "tests/pure/base/turning_loop.h"
#include "tests/pure/reactor/local_sockets.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

class ReactorSessionsTest : public LoopTest {
 protected:
  ReactorSessionsTest() : listener(bound_ip_socket(SOCK_STREAM)) {
    EXPECT_EQ(listen(listener.get(), 64), 0);
  }
  // A client of this built-in, connected and accepted; the client's end.
  UniqueFd open(std::string_view name, std::uint32_t service) {
    auto client = connected_to(listener.get(), SOCK_STREAM);
    UniqueFd server(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    EXPECT_TRUE(server.is_open());
    const auto peer = *SocketAddress::peer_of(server.get());
    sessions.open(*find_builtin(name), service, std::move(server), peer);
    return client;
  }
  // What the client gets back for `text`.
  std::string echoed(const UniqueFd& client, std::string_view text) {
    EXPECT_TRUE(send_text(client.get(), text));
    std::string got;
    turn_until([&] {
      got += receive_text(client.get());
      return got.size() >= text.size();
    });
    return got;
  }

  std::vector<std::uint32_t> ends;
  std::vector<std::string> peers;
  std::vector<std::string> wants;
  bool takes = true;
  UniqueFd taken;
  Sessions sessions{loop, timers,
                    [this](std::uint32_t service, const SocketAddress& peer) {
                      ends.push_back(service);
                      peers.push_back(peer.text());
                    },
                    [this](const Sessions::Wanted& wanted) {
                      wants.emplace_back(wanted.name);
                      if (takes) taken = std::move(wanted.connection);
                      return std::string("-No\r\n");
                    }};
  UniqueFd listener;
};

TEST_F(ReactorSessionsTest, AShortOneAnswersAtOnceAndIsOverWithItsClient) {
  auto client = open("daytime", 3);
  ASSERT_TRUE(wait_for_input(client.get()));
  EXPECT_FALSE(receive_text(client.get()).empty());
  client.reset();
  EXPECT_TRUE(turn_until([this] { return sessions.count() == 0; }));
  EXPECT_THAT(ends, ElementsAre(3));
}

TEST_F(ReactorSessionsTest, OneWhoseClientHasGoneIsOverBeforeItIsWatched) {
  auto client = connected_to(listener.get(), SOCK_STREAM);
  UniqueFd server(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  client.reset();
  ASSERT_TRUE(wait_for_input(server.get()));
  sessions.open(*find_builtin("echo"), 3, std::move(server), SocketAddress());
  EXPECT_EQ(sessions.count(), 0U);
  EXPECT_THAT(ends, ElementsAre(3));
}

TEST_F(ReactorSessionsTest, LastsUntilTheClientLeaves) {
  auto client = open("echo", 4);
  const auto name = SocketAddress::local_of(client.get())->text();
  EXPECT_EQ(sessions.count(), 1U);
  EXPECT_EQ(echoed(client, "hello"), "hello");
  EXPECT_EQ(echoed(client, "again"), "again");
  EXPECT_THAT(ends, IsEmpty());
  client.reset();
  EXPECT_TRUE(turn_until([this] { return sessions.count() == 0; }));
  EXPECT_THAT(ends, ElementsAre(4));
  EXPECT_THAT(peers, ElementsAre(name));
}

TEST_F(ReactorSessionsTest, ManyEndInAnyOrder) {
  std::vector<UniqueFd> clients;
  for (std::uint32_t i = 0; i < 30; ++i) clients.push_back(open("echo", i));
  EXPECT_EQ(sessions.count(), 30U);
  for (const std::size_t i : {29U, 0U, 15U}) clients[i].reset();
  EXPECT_TRUE(turn_until([this] { return sessions.count() == 27; }));
  EXPECT_THAT(ends, testing::UnorderedElementsAre(29, 0, 15));
  EXPECT_EQ(echoed(clients[7], "still"), "still");
}

TEST_F(ReactorSessionsTest, NoDescriptorStays) {
  const auto before = open_descriptors();
  {
    std::vector<UniqueFd> clients;
    for (std::uint32_t i = 0; i < 10; ++i) clients.push_back(open("echo", i));
  }
  EXPECT_TRUE(turn_until([this] { return sessions.count() == 0; }));
  EXPECT_LE(open_descriptors(), before + 1);  // epoll's own, made at the first watch
}

TEST_F(ReactorSessionsTest, AClientThatIsIdleForTenMinutesIsLetGo) {
  const auto idle = open("echo", 1);
  const auto active = open("echo", 2);
  pass(6min);
  EXPECT_EQ(echoed(active, "x"), "x");
  pass(6min);
  pass(3min);
  EXPECT_THAT(ends, ElementsAre(1));
  EXPECT_EQ(echoed(active, "y"), "y");
  for (int i = 0; i < 6; ++i) pass(3min);
  EXPECT_THAT(ends, ElementsAre(1, 2));
}

TEST_F(ReactorSessionsTest, TheIdleClockStandsStillWithoutSessions) {
  EXPECT_FALSE(uv_loop_alive(loop.get()));
  auto client = open("echo", 1);
  turn();
  EXPECT_GT(uv_backend_timeout(loop.get()), 0);
  client.reset();
  EXPECT_TRUE(turn_until([this] { return sessions.count() == 0; }));
  pass(3min);  // the last one, and no other after it
  EXPECT_FALSE(uv_loop_alive(loop.get()));
  client = open("echo", 2);
  turn();
  EXPECT_GT(uv_backend_timeout(loop.get()), 0);
}

TEST_F(ReactorSessionsTest, AClientThatIsHandedOverIsNotWatchedAnyMore) {
  auto client = open("tcpmux", 6);
  EXPECT_EQ(sessions.count(), 1U);
  ASSERT_TRUE(send_text(client.get(), "ftp\r\nUSER"));
  EXPECT_TRUE(turn_until([this] { return taken.is_open(); }));
  EXPECT_THAT(wants, ElementsAre("ftp"));
  EXPECT_THAT(ends, ElementsAre(6));
  EXPECT_EQ(sessions.count(), 0U);
  EXPECT_EQ(receive_text(taken.get()), "USER");
  pass(11s);  // its time limit went with it
  ASSERT_TRUE(send_text(client.get(), "more"));
  turn();
  EXPECT_EQ(receive_text(taken.get()), "more");
}

TEST_F(ReactorSessionsTest, AClientThatIsHandedOverAtOnceIsNeverWatched) {
  auto client = connected_to(listener.get(), SOCK_STREAM);
  ASSERT_TRUE(send_text(client.get(), "ftp\r\n"));
  UniqueFd server(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ASSERT_TRUE(wait_for_input(server.get()));
  sessions.open(*find_builtin("tcpmux"), 3, std::move(server), SocketAddress());
  EXPECT_TRUE(taken.is_open());
  EXPECT_THAT(ends, ElementsAre(3));
}

TEST_F(ReactorSessionsTest, AClientThatNobodyTakesIsToldSo) {
  takes = false;
  auto client = open("tcpmux", 6);
  turn();
  ASSERT_TRUE(send_text(client.get(), "ftp\r\nUSER"));
  EXPECT_TRUE(turn_until([this] { return !wants.empty(); }));
  EXPECT_EQ(receive_text(client.get()), "-No\r\n");
  EXPECT_EQ(sessions.count(), 1U);
  client.reset();
  EXPECT_TRUE(turn_until([this] { return sessions.count() == 0; }));
  EXPECT_THAT(ends, ElementsAre(6));
}

TEST_F(ReactorSessionsTest, OneWithATimeLimitEndsThenHoweverBusyItIs) {
  takes = false;
  const auto silent = open("tcpmux", 1);
  const auto slow = open("tcpmux", 2);
  const auto told = open("tcpmux", 3);
  ASSERT_TRUE(send_text(told.get(), "ftp\r\n"));
  EXPECT_TRUE(turn_until([this] { return !wants.empty(); }));
  for (int i = 0; i < 9; ++i) {
    pass(1s);
    ASSERT_TRUE(send_text(slow.get(), "x"));
    turn();
  }
  EXPECT_THAT(ends, IsEmpty());
  pass(2s);
  EXPECT_THAT(ends, testing::UnorderedElementsAre(1, 2, 3));
  EXPECT_EQ(receive_text(silent.get()), "");
}

// Reads; its limit is another from the first byte on.
class TwoLimits final : public StreamSession {
 public:
  Interest step(int fd) noexcept override {
    char byte = 0;
    if (recv(fd, &byte, 1, MSG_DONTWAIT) == 1) has_begun_ = true;
    return Interest::Read;
  }
  [[nodiscard]] std::chrono::seconds time_limit() const override { return has_begun_ ? 20s : 10s; }

 private:
  bool has_begun_ = false;
};

TEST_F(ReactorSessionsTest, ATimeLimitThatChangesBeginsAnew) {
  const auto client = connected_to(listener.get(), SOCK_STREAM);
  UniqueFd server(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  sessions.open(std::make_unique<TwoLimits>(), 1, std::move(server), SocketAddress());
  pass(9s);
  ASSERT_TRUE(send_text(client.get(), "x"));
  turn();
  pass(15s);
  EXPECT_THAT(ends, IsEmpty());
  ASSERT_TRUE(send_text(client.get(), "x"));  // changes nothing
  turn();
  pass(6s);
  EXPECT_THAT(ends, ElementsAre(1));
}

// libuv stops watching a descriptor in error; what was received before the error is read first.
TEST_F(ReactorSessionsTest, AClientThatResetsWhileItsBytesAreUnreadIsOver) {
  auto client = open("discard", 5);
  EXPECT_EQ(sessions.count(), 1U);
  ASSERT_TRUE(send_text(client.get(), "unread"));
  const linger now{1, 0};
  setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  client.reset();
  EXPECT_TRUE(turn_until([this] { return sessions.count() == 0; }));
}

}  // namespace
}  // namespace uvinetd
