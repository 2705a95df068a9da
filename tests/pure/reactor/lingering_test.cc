// SPDX-License-Identifier: ISC
#include "core/reactor/lingering.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "tests/pure/base/turning_loop.h"
#include "tests/pure/reactor/local_sockets.h"
#include "tests/pure/reactor/skipped_time.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using namespace test;

class Lingering : public LoopTest {
 protected:
  // Ours goes in; the client's end comes back.
  UniqueFd add() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    lingering.add(UniqueFd(ends[0]));
    return UniqueFd(ends[1]);
  }
  static bool send_some(const UniqueFd& client, std::size_t size) {
    const std::string some(size, 'x');
    return send(client.get(), some.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
  }
  static bool is_reset_or_closed(const UniqueFd& client) { return !send_some(client, 1); }

  LingeringConnections lingering{loop, timers};
};

TEST_F(Lingering, EndsWhatWeSendAndReadsUntilTheClientHasClosed) {
  auto client = add();
  char byte = 0;
  EXPECT_EQ(recv(client.get(), &byte, 1, MSG_DONTWAIT), 0);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(send_some(client, 10'000));
    turn();
  }
  EXPECT_EQ(lingering.count(), 1U);
  client.reset();
  EXPECT_TRUE(turn_until([&] { return lingering.count() == 0; }));
}

TEST_F(Lingering, AClientThatNeverEndsIsClosedInTime) {
  auto client = add();
  skip_time(LingeringConnections::kLongest + 1s);
  EXPECT_TRUE(turn_until([&] { return lingering.count() == 0; }));
  EXPECT_TRUE(is_reset_or_closed(client));
}

TEST_F(Lingering, AClientThatSendsWithoutEndIsClosed) {
  auto client = add();
  std::size_t sent = 0;
  EXPECT_TRUE(turn_until([&] {
    if (send_some(client, 65'536)) sent += 65'536;
    return lingering.count() == 0;
  }));
  EXPECT_GE(sent, LingeringConnections::kMostBytes / 2);
}

TEST_F(Lingering, AtTheMostTheOldestIsClosed) {
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i <= LingeringConnections::kMost; ++i) clients.push_back(add());
  EXPECT_EQ(lingering.count(), LingeringConnections::kMost);
  EXPECT_TRUE(is_reset_or_closed(clients[0]));
  EXPECT_FALSE(is_reset_or_closed(clients[1]));
}

TEST_F(Lingering, TheFlagsOfTheConnectionStayAsTheyAre) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const UniqueFd another(fcntl(ends[0], F_DUPFD_CLOEXEC, 0));
  const UniqueFd client(ends[1]);
  lingering.add(UniqueFd(ends[0]));
  turn();
  EXPECT_EQ(fcntl(another.get(), F_GETFL) & O_NONBLOCK, 0);
}

}  // namespace
}  // namespace uvinetd
