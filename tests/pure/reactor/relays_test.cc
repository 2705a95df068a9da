// SPDX-License-Identifier: ISC
#include "core/reactor/relay/relays.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/process.h"
#include "tests/pure/base/turning_loop.h"
#include "tests/pure/reactor/local_sockets.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using namespace test;

class RelaysTest : public LoopTest {
 protected:
  RelaysTest() : front(bound_ip_socket(SOCK_STREAM)), back(bound_ip_socket(SOCK_STREAM)) {
    EXPECT_EQ(listen(front.get(), 64), 0);
    EXPECT_EQ(listen(back.get(), 64), 0);
    settings.edit().relay.targets = {*SocketAddress::local_of(back.get())};
  }
  // A client that has been accepted and is relayed; the client's end.
  UniqueFd open() {
    auto client = connected_to(front.get(), SOCK_STREAM);
    UniqueFd ours(accept(front.get(), nullptr, nullptr));
    EXPECT_TRUE(ours.is_open() && set_nonblocking(ours.get(), true));
    relays.open(7, settings, {std::move(ours), *SocketAddress::local_of(client.get()), {}});
    return client;
  }
  UniqueFd accept_target() {
    EXPECT_TRUE(turn_until([&] {
      pollfd one{back.get(), POLLIN, 0};
      return poll(&one, 1, 0) == 1;
    }));
    return UniqueFd(accept(back.get(), nullptr, nullptr));
  }
  // What comes to `fd` until there is this much, or its end.
  std::string heard(int fd, std::size_t size) {
    std::string got;
    bool is_over = false;
    turn_until([&] {
      char bytes[4096];
      const auto now = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
      if (now > 0) got.append(bytes, static_cast<std::size_t>(now));
      is_over = now == 0;
      return is_over || got.size() >= size;
    });
    return is_over ? got + "$" : got;
  }
  // 0: an orderly end.
  int error_of(int fd) {
    int code = -1;
    turn_until([&] {
      char byte = 0;
      const auto got = recv(fd, &byte, 1, MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
      code = got < 0 ? errno : 0;
      return true;
    });
    return code;
  }

  std::vector<RelayEnd> ends;
  Relays relays{loop, timers, [this](const RelayEnd& end) { ends.push_back(end); }};
  UniqueFd front;
  UniqueFd back;
  Rare<ReactorSettings> settings;
};

TEST_F(RelaysTest, EachDirectionEndsByItself) {
  const auto client = open();
  const auto target = accept_target();
  EXPECT_TRUE(send_text(client.get(), "question"));
  EXPECT_EQ(shutdown(client.get(), SHUT_WR), 0);
  EXPECT_EQ(heard(target.get(), 100), "question$");
  EXPECT_TRUE(ends.empty());
  EXPECT_TRUE(send_text(target.get(), "the answer"));
  EXPECT_EQ(heard(client.get(), 10), "the answer");
  EXPECT_EQ(shutdown(target.get(), SHUT_WR), 0);
  EXPECT_EQ(heard(client.get(), 1), "$");
  ASSERT_TRUE(turn_until([&] { return ends.size() == 1; }));
  EXPECT_EQ(ends[0].service, 7U);
  EXPECT_EQ(ends[0].unreachable, 0);
  EXPECT_EQ(ends[0].received, 8U);
  EXPECT_EQ(ends[0].sent, 10U);
}

TEST_F(RelaysTest, WhatTheClientSaysBeforeTheTargetIsThereIsNotLost) {
  auto client = open();
  EXPECT_TRUE(send_text(client.get(), "early"));
  EXPECT_EQ(shutdown(client.get(), SHUT_WR), 0);
  EXPECT_EQ(heard(accept_target().get(), 100), "early$");
}

TEST_F(RelaysTest, OneThatIsSilentHoldsNoPipe) {
  const auto client = open();
  const auto target = accept_target();
  turn();
  const auto before = open_descriptors();
  EXPECT_TRUE(send_text(client.get(), "x"));
  EXPECT_EQ(heard(target.get(), 1), "x");
  turn();
  EXPECT_LE(open_descriptors(), before + 2);  // a pipe that waits for whoever is next
  EXPECT_TRUE(send_text(target.get(), "y"));
  EXPECT_EQ(heard(client.get(), 1), "y");
  turn();
  EXPECT_LE(open_descriptors(), before + 2);
}

TEST_F(RelaysTest, WhoIsNotReadFromIsNotReadTo) {
  const auto client = open();
  const auto target = accept_target();
  ASSERT_TRUE(set_nonblocking(client.get(), true));
  const std::string block(65536, 'x');
  std::size_t sent = 0;
  int in_vain = 0;
  while (in_vain < 50 && sent < 256U << 20U) {
    const auto now = send(client.get(), block.data(), block.size(), MSG_NOSIGNAL);
    in_vain = now > 0 ? 0 : in_vain + 1;
    if (now > 0) sent += static_cast<std::size_t>(now);
    turn();
  }
  EXPECT_LT(sent, 256U << 20U);
  EXPECT_EQ(shutdown(client.get(), SHUT_WR), 0);
  EXPECT_EQ(heard(target.get(), sent + 1).size(), sent + 1);
}

TEST_F(RelaysTest, ASideThatBreaksResetsTheOther) {
  const linger now{1, 0};
  const auto client = open();
  auto target = accept_target();
  EXPECT_TRUE(send_text(target.get(), "half"));
  EXPECT_EQ(heard(client.get(), 4), "half");
  setsockopt(target.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  target.reset();
  EXPECT_EQ(error_of(client.get()), ECONNRESET);
  auto second = open();
  target = accept_target();
  EXPECT_TRUE(send_text(second.get(), "x"));
  EXPECT_EQ(heard(target.get(), 1), "x");
  setsockopt(second.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  second.reset();
  EXPECT_EQ(error_of(target.get()), ECONNRESET);
  EXPECT_TRUE(turn_until([&] { return ends.size() == 2; }));
}

TEST_F(RelaysTest, TheAddressesAreTriedInOrder) {
  auto nobody = bound_ip_socket(SOCK_STREAM);  // bound, but not listening
  auto& targets = settings.edit().relay.targets;
  targets.insert(targets.begin(), *SocketAddress::local_of(nobody.get()));
  const auto client = open();
  const auto target = accept_target();
  EXPECT_TRUE(send_text(client.get(), "x"));
  EXPECT_EQ(heard(target.get(), 1), "x");
}

TEST_F(RelaysTest, NobodyThereIsToldAndResetsTheClient) {
  auto nobody = bound_ip_socket(SOCK_STREAM);
  settings.edit().relay.targets = {*SocketAddress::local_of(nobody.get())};
  const auto before = relays.descriptors();
  const auto client = open();
  EXPECT_EQ(error_of(client.get()), ECONNRESET);
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends[0].unreachable, ECONNREFUSED);
  EXPECT_EQ(relays.descriptors(), before);
}

// Its queue is full: the kernel answers nobody else.
TEST_F(RelaysTest, ATargetThatDoesNotAnswerIsWaitedForSoLong) {
  auto deaf = bound_ip_socket(SOCK_STREAM);
  EXPECT_EQ(listen(deaf.get(), 0), 0);
  std::vector<UniqueFd> queue;
  for (int i = 0; i < 4; ++i) {
    queue.push_back(make_socket(AF_INET, SOCK_STREAM));
    ASSERT_TRUE(set_nonblocking(queue.back().get(), true));
    const auto address = *SocketAddress::local_of(deaf.get());
    (void)connect(queue.back().get(), address.data(), address.size());
  }
  settings.edit().relay.targets = {*SocketAddress::local_of(deaf.get())};
  const auto client = open();
  turn();
  pass(Relays::kConnectLimit - 1s);
  EXPECT_TRUE(ends.empty());
  pass(2s);
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends[0].unreachable, ETIMEDOUT);
}

TEST_F(RelaysTest, SilenceHasALimitWhereThereIsOne) {
  settings.edit().relay.idle_seconds = 60;
  const auto client = open();
  const auto target = accept_target();
  turn();
  pass(50s);
  EXPECT_TRUE(send_text(client.get(), "x"));
  EXPECT_EQ(heard(target.get(), 1), "x");
  pass(50s);
  EXPECT_TRUE(ends.empty());
  pass(11s);
  EXPECT_EQ(ends.size(), 1U);
  EXPECT_EQ(error_of(client.get()), ECONNRESET);
}

TEST_F(RelaysTest, WithoutALimitSilenceIsForEver) {
  const auto client = open();
  const auto target = accept_target();
  turn();
  pass(24h * 30);
  EXPECT_TRUE(send_text(client.get(), "x"));
  EXPECT_EQ(heard(target.get(), 1), "x");
}

}  // namespace
}  // namespace uvinetd
