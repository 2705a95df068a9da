// SPDX-License-Identifier: ISC
// A real reactor whose launchers die or fail with connections in their queues: Linux. Each client
// gets exactly one answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/reactor/reactor_ring.h"

namespace uvinetd {
namespace {

using namespace test;

class ReactorQueueTest : public ReactorRing {
 protected:
  void serve() {
    start();
    listener = tcp(10);
    apply({service(1, 10)});
  }
  // Peeks at the next launch, as a launcher does while it starts the server.
  static Launch peek(FakeLauncher& launcher) {
    std::optional<Launch> launch;
    EXPECT_TRUE(eventually([&] { return (launch = launcher.peek_launch()).has_value(); }));
    return launch.value_or(Launch());
  }
  void kill(FakeLauncher& launcher, std::uint32_t id) {
    launcher.sockets.clear();
    launcher.channel.close();
    send(MessageType::LauncherGone, print(LauncherNumber{id, true}));
  }
  // The launcher's server answers this client, and nobody else has its connection.
  static void expect_answer(FakeLauncher& launcher, LaunchId id, const UniqueFd& client) {
    EXPECT_EQ(launch_of(launcher).id, id);
    ASSERT_EQ(launcher.sockets.size(), 1U);
    EXPECT_TRUE(send_text(launcher.sockets[0].get(), "answer"));
    launcher.report(ReportKind::Started, id);
    launcher.report(ReportKind::Exited, id);
    launcher.sockets.clear();
    ASSERT_TRUE(wait_for_input(client.get()));
    EXPECT_EQ(receive_text(client.get()), "answer");
    expect_end(client);
  }
  static void expect_end(const UniqueFd& client) {
    char byte = 0;
    ASSERT_TRUE(wait_for_input(client.get()));
    EXPECT_EQ(recv(client.get(), &byte, 1, MSG_DONTWAIT), 0);
  }
  int listener = -1;
};

TEST_F(ReactorQueueTest, AConnectionInTheQueueOfADeadLauncherIsServedByTheNext) {
  serve();
  auto first = join(1, true);
  const auto client = connected_to(listener, SOCK_STREAM);
  const auto launch = peek(first);
  kill(first, 1);
  await(MessageType::NeedLauncher);
  auto second = join(2, true);
  expect_answer(second, launch.id, client);
}

TEST_F(ReactorQueueTest, AServerThatTheDeadLauncherHadStartedKeepsItsClient) {
  serve();
  auto first = join(1, true);
  const auto client = connected_to(listener, SOCK_STREAM);
  const auto launch = peek(first);
  first.ledger->started(*first.ledger->begin(launch.id, 1, 10, 1, nullptr), 4711);
  const UniqueFd of_server = std::move(first.sockets.at(0));
  kill(first, 1);
  EXPECT_TRUE(logs("start id=service1 pid=4711"));
  auto second = join(2, true);
  settle();
  EXPECT_THAT(second.launches(), testing::IsEmpty());
  EXPECT_TRUE(send_text(of_server.get(), "answer"));
  ASSERT_TRUE(wait_for_input(client.get()));
  EXPECT_EQ(receive_text(client.get()), "answer");
}

TEST_F(ReactorQueueTest, AConnectionThatIsNowhereIsGivenUpAndTold) {
  serve();
  auto first = join(1, true);
  const auto client = connected_to(listener, SOCK_STREAM);
  (void)launch_of(first);
  kill(first, 1);
  EXPECT_TRUE(logs("reason=launcher"));
  expect_end(client);
}

TEST_F(ReactorQueueTest, WantOfProcessesIsTriedAgainWithTheConnectionThatCameBack) {
  serve();
  auto launcher = join(1, true);
  const auto client = connected_to(listener, SOCK_STREAM);
  const auto launch = peek(launcher);
  launcher.report_failure(launch.id, EAGAIN, "posix_spawn", launcher.sockets.at(0).get());
  launcher.channel.drop();
  launcher.sockets.clear();
  expect_answer(launcher, launch.id, client);
}

TEST_F(ReactorQueueTest, AProgramThatCannotBeStartedClosesTheConnectionThatCameBack) {
  serve();
  auto launcher = join(1, true);
  const auto client = connected_to(listener, SOCK_STREAM);
  const auto launch = peek(launcher);
  launcher.report_failure(launch.id, ENOENT, "execve", launcher.sockets.at(0).get());
  launcher.channel.drop();
  launcher.sockets.clear();
  EXPECT_TRUE(logs("reason=exec errno=ENOENT step=execve"));
  expect_end(client);
}

// The one that cannot be had was asked for beside one that is there.
TEST_F(ReactorQueueTest, WhoWaitsForALauncherIsNotTurnedAwayWhileThereIsOne) {
  start();
  listener = tcp(10);
  auto full = join(1, true);  // of children, so that the connection has to wait for room
  const auto child = [](std::size_t i) { return make_launch_id(0, i + 1); };
  for (std::size_t i = 0; i < kLedgerSlots; ++i) {
    full.ledger->started(*full.ledger->begin(child(i), 1, 10, 1, nullptr), 4711);
  }
  apply({service(1, 10)});
  auto dying = join(2, true);
  const auto client = connected_to(listener, SOCK_STREAM);
  const auto launch = peek(dying);
  kill(dying, 2);
  await(MessageType::NeedLauncher);
  send(MessageType::LauncherFailed, print(LauncherFailed{kIdentity, EAGAIN, "fork"}));
  settle();
  EXPECT_THAT(full.launches(), testing::IsEmpty());
  for (std::size_t i = 0; i < 20; ++i) full.report(ReportKind::Exited, child(i));
  expect_answer(full, launch.id, client);
}

// ---- a report that lies ----------------------------------------------------------------------

TEST_F(ReactorQueueTest, ATimeThatCannotBeDoesNoHarm) {
  serve();
  auto launcher = join(1, true);
  for (const auto ran : {INT64_MAX, INT64_MIN}) {
    const auto client = connected_to(listener, SOCK_STREAM);
    const auto launch = launch_of(launcher);
    launcher.report(ReportKind::Started, launch.id);
    Report exited;
    exited.kind = ReportKind::Exited;
    exited.id = launch.id;
    exited.ran_usec = ran;
    launcher.send(exited);
  }
  settle();
  EXPECT_TRUE(logs("exit id=service1"));
}

}  // namespace
}  // namespace uvinetd
