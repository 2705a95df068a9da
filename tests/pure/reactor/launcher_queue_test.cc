// SPDX-License-Identifier: ISC
// Connections that live in a launcher's queue: Linux.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/pure/reactor/launchers_ring.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class LauncherQueueTest : public LaunchersRing {
 protected:
  // Submits a connection; the client's end.
  UniqueFd submit_client(LaunchId id) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    UniqueFd client(ends[0]);
    EXPECT_TRUE(submit_connection(id, UniqueFd(ends[1])));
    return client;
  }
  // Nobody holds the other end any more; nothing was sent.
  static bool is_closed(int fd) {
    char byte = 0;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
  }
  static bool is_open(int fd) {
    char byte = 0;
    return recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }
};

TEST_F(LauncherQueueTest, TheReactorKeepsNoDescriptorOfAConnectionThatItHasSent) {
  auto one = join_with_queue(1);
  const auto before = open_descriptors();
  for (LaunchId id = 1; id <= 20; ++id) ASSERT_TRUE(submit(id));
  EXPECT_EQ(open_descriptors(), before);
  (void)one.launches();
  one.sockets.clear();
  one.report(ReportKind::Started, 1);
  turn();
  ASSERT_TRUE(answered);
  EXPECT_FALSE(answered->copy.is_open());
}

TEST_F(LauncherQueueTest, WhatALauncherHadNotReadWhenItDiedComesBack) {
  auto one = join_with_queue(1);
  const auto client = submit_client(1);
  for (LaunchId id = 2; id <= 100; ++id) ASSERT_TRUE(submit(id));
  one.channel.close();
  EXPECT_TRUE(is_open(client.get()));
  launchers.gone(1);
  EXPECT_EQ(taken_back.size(), 100U);
  EXPECT_THAT(take_events(), Contains("settled 1 never"));
  EXPECT_EQ(launchers.in_flight(), 0U);
}

TEST_F(LauncherQueueTest, AConnectionThatCameBackIsTheSameOne) {
  auto one = join_with_queue(1);
  const auto client = submit_client(1);
  one.channel.close();
  launchers.gone(1);
  ASSERT_TRUE(answered);
  EXPECT_TRUE(send_text(answered->copy.get(), "answer"));
  answered.reset();
  EXPECT_EQ(receive_text(client.get()), "answer");
  EXPECT_TRUE(is_closed(client.get()));
}

TEST_F(LauncherQueueTest, WhatItOnlyPeekedAtComesBackToo) {
  auto one = join_with_queue(1);
  const auto client = submit_client(1);
  EXPECT_EQ(one.peek_launch()->id, 1U);
  one.sockets.clear();
  one.channel.close();
  launchers.gone(1);
  EXPECT_THAT(take_events(), ElementsAre("settled 1 never"));
  EXPECT_THAT(taken_back, ElementsAre(1));
  EXPECT_TRUE(is_open(client.get()));
}

TEST_F(LauncherQueueTest, ALaunchWithAChildIsNotRepeatedThoughItsConnectionIsStillThere) {
  auto one = join_with_queue(1);
  const auto client = submit_client(1);
  ASSERT_TRUE(submit(2));
  EXPECT_EQ(one.peek_launch()->id, 1U);
  one.ledger->started(*one.ledger->begin(1, 1, 1, 1, nullptr), 333);
  one.sockets.clear();
  one.channel.close();
  launchers.gone(1);
  EXPECT_THAT(take_events(), UnorderedElementsAre("settled 1 running 333", "settled 2 never"));
  answered.reset();
  EXPECT_TRUE(is_closed(client.get()));  // the child alone had it
}

TEST_F(LauncherQueueTest, ALaunchThatWasTakenAndNeverBegunIsSettledWithoutItsConnection) {
  auto one = join_with_queue(1);
  ASSERT_TRUE(submit(1));
  EXPECT_THAT(one.launches(), ElementsAre(1));
  one.channel.close();
  launchers.gone(1);
  EXPECT_THAT(take_events(), ElementsAre("settled 1 never"));
  EXPECT_THAT(taken_back, IsEmpty());
}

TEST_F(LauncherQueueTest, ALaunchThatHasNotReachedTheQueueYetKeepsItsCopy) {
  UniqueFd end;
  FakeLauncher one(end);
  const int least = 1;
  setsockopt(end.get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  launchers.join(1, kIdentity, std::move(end), one.queue(),
                 std::move(*LedgerReader::map(one.page.reader.get())));
  LaunchId last = 0;
  while (submit(last + 1)) ++last;
  ASSERT_LT(last, Launchers::kMostInFlight);  // the last one stands in the backlog
  one.channel.close();
  launchers.gone(1);
  EXPECT_EQ(taken_back.size(), last);
}

TEST_F(LauncherQueueTest, NonsenseInTheQueueIsPassedOver) {
  auto one = join_with_queue(1);
  ASSERT_TRUE(submit(1));
  // As only somebody who holds the launcher's memory could have left it there.
  Channel reactors_end = [&] {
    UniqueFd end;
    auto two = FakeLauncher(end);
    launchers.join(2, kIdentity, UniqueFd(dup(end.get())), two.queue(),
                   std::move(*LedgerReader::map(two.page.reader.get())));
    return Channel(std::move(end));
  }();
  ASSERT_TRUE(reactors_end.send(static_cast<std::uint16_t>(MessageType::Launch), "short"));
  ASSERT_TRUE(reactors_end.send(static_cast<std::uint16_t>(MessageType::Launch),
                                print(Launch{1, 1, 1}), {0}));
  ASSERT_EQ(send(reactors_end.fd(), "nonsense on the wire", 20, 0), 20);
  launchers.gone(2);
  EXPECT_THAT(take_events(), IsEmpty());
  EXPECT_EQ(launchers.in_flight(), 1U);  // the first one's is untouched
}

TEST_F(LauncherQueueTest, ALauncherThatEndsItsChannelIsSeenThoughItsQueueIsHeld) {
  auto one = join_with_queue(1);
  ASSERT_TRUE(submit(1));
  one.channel.end();
  turn();
  EXPECT_FALSE(launchers.has_room(kIdentity));
  pass(std::chrono::seconds(1));
  EXPECT_THAT(take_events(), ElementsAre("need 7", "stuck 1 kill"));
  launchers.gone(1);
  EXPECT_THAT(taken_back, ElementsAre(1));
}

// ---- failures --------------------------------------------------------------------------------

TEST_F(LauncherQueueTest, ALaunchThatFailedComesWithItsConnection) {
  auto one = join_with_queue(1);
  const auto client = submit_client(1);
  (void)one.peek_launch();
  one.report_failure(1, EAGAIN, "posix_spawn", one.sockets[0].get());
  one.sockets.clear();
  one.channel.drop();
  turn();
  EXPECT_THAT(take_events(), ElementsAre("report 1"));
  ASSERT_TRUE(answered);
  EXPECT_TRUE(answered->copy.is_open());
  EXPECT_TRUE(is_open(client.get()));
  answered.reset();
  EXPECT_TRUE(is_closed(client.get()));
}

TEST_F(LauncherQueueTest, AFailureThatWasToldIsNotSettledAgainWhenTheLauncherDiesBeforeTheDrop) {
  auto one = join_with_queue(1);
  auto two = join_with_queue(2);
  ASSERT_TRUE(submit(1));
  (void)one.peek_launch();
  one.report_failure(1, EAGAIN, "posix_spawn", one.sockets[0].get());
  turn();
  ASSERT_TRUE(answered);
  for (LaunchId id = 1'000; id < 1'100; ++id) launchers.count_child(id, 1);
  ASSERT_TRUE(launchers.submit(*answered, answered->copy.get()));  // another try, with the other
  (void)take_events();
  one.channel.close();
  launchers.gone(1);
  EXPECT_THAT(take_events(), IsEmpty());
  EXPECT_THAT(two.launches(), ElementsAre(1));
  EXPECT_EQ(launchers.in_flight(), 1U);
}

TEST_F(LauncherQueueTest, WithoutADescriptorForTheConnectionAFailureIsAFailureAllTheSame) {
  auto one = join_with_queue(1);
  ASSERT_TRUE(submit(1));
  (void)one.peek_launch();
  one.report_failure(1, EAGAIN, "posix_spawn", one.sockets[0].get());
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit none{0, limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  turn();
  setrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_THAT(take_events(), ElementsAre("report 1"));
  ASSERT_TRUE(answered);
  EXPECT_FALSE(answered->copy.is_open());
  EXPECT_TRUE(submit(2));  // the launcher is not to blame
}

}  // namespace
}  // namespace uvinetd
