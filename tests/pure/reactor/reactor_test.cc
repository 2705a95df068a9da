// SPDX-License-Identifier: ISC
#include "core/reactor/reactor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/reactor/reactor_ring.h"

namespace uvinetd {
namespace {

using namespace test;

class ReactorTest : public ReactorRing {};

// ---- connections -----------------------------------------------------------------------------

TEST_F(ReactorTest, AConnectionBecomesALaunchOfItsService) {
  start();
  const int listener = tcp(10);
  apply({service(1, 10)});
  auto launcher = join(1);
  const auto client = connected_to(listener, SOCK_STREAM);
  const auto launch = launch_of(launcher);
  EXPECT_EQ(launch.service, 1U);
  EXPECT_EQ(launch.listener, 10U);
  ASSERT_EQ(launcher.sockets.size(), 1U);
  EXPECT_EQ(*SocketAddress::peer_of(launcher.sockets[0].get()),
            *SocketAddress::local_of(client.get()));
  EXPECT_EQ(fcntl(launcher.sockets[0].get(), F_GETFL) & O_NONBLOCK, 0);
  launcher.report(ReportKind::Started, launch.id, 4711);
  EXPECT_TRUE(logs("start id=service1 pid=4711 from=127.0.0.1:"));
  launcher.report(ReportKind::Exited, launch.id, 4711);
  EXPECT_TRUE(logs("exit id=service1 pid=4711 status=0 ms=0 cpu=unknown"));
}

TEST_F(ReactorTest, TheLogSaysHowLongAServerRanAndHowLongItUsedTheProcessor) {
  start();
  const int listener = tcp(10);
  apply({service(1, 10)});
  auto launcher = join(1);
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const auto ends = [&](std::int64_t user, std::int64_t system) {
    const auto client = connected_to(listener, SOCK_STREAM);
    const auto launch = launch_of(launcher);
    launcher.report(ReportKind::Started, launch.id, 4711);
    Report report;
    report.kind = ReportKind::Exited;
    report.id = launch.id;
    report.pid = 4711;
    report.ran_usec = 25'999;
    report.user_usec = user;
    report.system_usec = system;
    launcher.send(report);
  };
  ends(1'500, 2'700);
  EXPECT_TRUE(logs("exit id=service1 pid=4711 status=0 ms=25 cpu=4"));
  ends(kMost, kMost);
  EXPECT_TRUE(logs("ms=25 cpu=" + std::to_string((kMost - 1) / 1000)));
}

TEST_F(ReactorTest, SocketsThatComeBeforeTheFirstApplyAreServedFromThenOn) {
  auto waiting = service(2, 20);
  waiting.is_wait = true;
  start({service(1, 10), waiting});
  const int listener = tcp(10);
  const int wait_listener = tcp(20);
  send_sockets();
  auto launcher = join(1);
  const auto client = connected_to(listener, SOCK_STREAM);
  for (int turns = 0; turns < 3; ++turns) {
    send(MessageType::Ping);
    await(MessageType::Pong);
  }
  EXPECT_EQ(launcher.channel.receive().event, Channel::Event::Nothing);
  EXPECT_EQ(fcntl(wait_listener, F_GETFL) & O_NONBLOCK, 0);
  apply_what_it_has();
  EXPECT_EQ(launch_of(launcher).service, 1U);
  const auto another = connected_to(wait_listener, SOCK_STREAM);
  EXPECT_EQ(launch_of(launcher).service, 2U);
  EXPECT_EQ(fcntl(wait_listener, F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(ReactorTest, ATableThatIsNewerThanTheStartsDecidesWhatIsServed) {
  start({service(1, 10), service(2, 20)});
  const int listener = tcp(10);
  const int removed = tcp(20);
  send_sockets();
  apply({service(3, 10)});
  auto launcher = join(1);
  const auto client = connected_to(listener, SOCK_STREAM);
  EXPECT_EQ(launch_of(launcher).service, 3U);
  const auto nobody = connected_to(removed, SOCK_STREAM);
  send(MessageType::Ping);
  await(MessageType::Pong);
  EXPECT_EQ(launcher.channel.receive().event, Channel::Event::Nothing);
}

TEST_F(ReactorTest, ALauncherIsAskedForAndTheClientWaits) {
  start();
  const int listener = tcp(10);
  apply({service(1, 10)});
  const auto client = connected_to(listener, SOCK_STREAM);
  await(MessageType::NeedLauncher);
  auto launcher = join(1);
  EXPECT_EQ(launch_of(launcher).service, 1U);
}

TEST_F(ReactorTest, AConnectionThatItsLauncherNeverStartedGoesToTheNext) {
  start();
  const int listener = tcp(10);
  apply({service(1, 10)});
  auto first = join(1);
  const auto client = connected_to(listener, SOCK_STREAM);
  const auto launch = launch_of(first);
  first.channel.close();
  send(MessageType::LauncherGone, print(LauncherNumber{1, true}));
  await(MessageType::NeedLauncher);
  auto second = join(2);
  EXPECT_EQ(launch_of(second).id, launch.id);
}

TEST_F(ReactorTest, AProgramThatCannotBeStartedIsRefusedInTheLog) {
  start();
  const int listener = tcp(10);
  apply({service(1, 10)});
  auto launcher = join(1);
  const auto client = connected_to(listener, SOCK_STREAM);
  launcher.report_failure(launch_of(launcher).id, ENOENT, "execve");
  EXPECT_TRUE(logs("refuse id=service1 from=127.0.0.1:"));
  EXPECT_TRUE(logs("reason=exec errno=ENOENT step=execve"));
  launcher.sockets.clear();
  EXPECT_TRUE(wait_for_input(client.get()));  // closed, and nothing written to it
  EXPECT_EQ(receive_text(client.get()), "");
}

TEST_F(ReactorTest, WantOfProcessesIsTriedAgain) {
  start();
  const int listener = tcp(10);
  apply({service(1, 10)});
  auto launcher = join(1);
  const auto client = connected_to(listener, SOCK_STREAM);
  const auto first = launch_of(launcher);
  launcher.report_failure(first.id, EAGAIN, "posix_spawn");
  EXPECT_EQ(launch_of(launcher).id, first.id);
}

TEST_F(ReactorTest, AClientThatResetBeforeItWasAcceptedIsNotStarted) {
  start();
  const int listener = tcp(10);
  auto gone = connected_to(listener, SOCK_STREAM);
  const linger now{1, 0};
  setsockopt(gone.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  gone.reset();
  const auto client = connected_to(listener, SOCK_STREAM);
  auto launcher = join(1);
  apply({service(1, 10)});
  (void)launch_of(launcher);
  settle();
  EXPECT_THAT(launcher.launches(), testing::IsEmpty());
  EXPECT_EQ(*SocketAddress::peer_of(launcher.sockets.at(0).get()),
            *SocketAddress::local_of(client.get()));
}

// On a Unix socket the end of the client is a hang-up at once, with what it sent still unread.
TEST_F(ReactorTest, AUnixClientThatSentAndLeftBeforeItWasAcceptedIsServed) {
  start();
  auto fd = bound_unix_socket(SOCK_STREAM, directory_.file("s"));
  ASSERT_EQ(listen(fd.get(), 16), 0);
  const int listener = own(10, std::move(fd));
  {
    const auto client = connected_to(listener, SOCK_STREAM);
    ASSERT_TRUE(send_text(client.get(), "a message"));
  }
  auto launcher = join(1);
  apply({service(1, 10)});
  (void)launch_of(launcher);
  ASSERT_EQ(launcher.sockets.size(), 1U);
  EXPECT_EQ(receive_text(launcher.sockets[0].get()), "a message");
}

// ---- limits ----------------------------------------------------------------------------------

TEST_F(ReactorTest, AtItsLimitAServiceLetsClientsWaitUntilAServerEnds) {
  start();
  const int listener = tcp(10);
  auto limited = service(1, 10);
  limited.instances = 1;
  apply({limited});
  auto launcher = join(1);
  const auto first = connected_to(listener, SOCK_STREAM);
  const auto second = connected_to(listener, SOCK_STREAM);
  const auto launch = launch_of(launcher);
  launcher.report(ReportKind::Started, launch.id);
  settle();
  EXPECT_THAT(launcher.launches(), testing::IsEmpty());
  launcher.report(ReportKind::Exited, launch.id);
  EXPECT_NE(launch_of(launcher).id, launch.id);
}

TEST_F(ReactorTest, ALimitRaisedByAReloadLetsTheWaitingInAtOnce) {
  start();
  const int listener = tcp(10);
  auto limited = service(1, 10);
  limited.instances = 1;
  apply({limited});
  auto launcher = join(1);
  const auto first = connected_to(listener, SOCK_STREAM);
  const auto second = connected_to(listener, SOCK_STREAM);
  launcher.report(ReportKind::Started, launch_of(launcher).id);
  settle();
  limited.instances = 5;
  apply({limited});
  (void)launch_of(launcher);
}

TEST_F(ReactorTest, ABuiltInGivesItsPlaceInTheLimitOfASourceBack) {
  start();
  const int listener = tcp(10);
  auto limited = builtin(1, 10, "echo");
  limited.instances_per_source = 2;
  apply({limited});
  for (int i = 0; i < 5; ++i) {
    const auto client = connected_to(listener, SOCK_STREAM);
    ASSERT_TRUE(send_text(client.get(), "hello"));
    ASSERT_TRUE(wait_for_input(client.get()));
    ASSERT_EQ(receive_text(client.get()), "hello") << "client " << i;
    shutdown(client.get(), SHUT_WR);
    ASSERT_TRUE(wait_for_input(client.get()));
  }
}

// ---- reload ----------------------------------------------------------------------------------

TEST_F(ReactorTest, ASocketThatGoesToAnotherServiceIsServedByThatOne) {
  start();
  const int listener = tcp(10);
  apply({service(1, 10)});
  auto launcher = join(1);
  apply({service(2, 10)});  // the line was renamed; the address is the same
  const auto client = connected_to(listener, SOCK_STREAM);
  EXPECT_EQ(launch_of(launcher).service, 2U);
}

TEST_F(ReactorTest, SocketsThatChangePlacesAreServedByTheirNewServices) {
  start();
  const int a = tcp(10);
  const int b = tcp(11);
  apply({service(1, 10), service(2, 11)});
  auto launcher = join(1);
  apply({service(1, 11), service(2, 10)});
  const auto first = connected_to(a, SOCK_STREAM);
  EXPECT_EQ(launch_of(launcher).service, 2U);
  const auto second = connected_to(b, SOCK_STREAM);
  EXPECT_EQ(launch_of(launcher).service, 1U);
}

TEST_F(ReactorTest, AWaitServerKeepsTheSocketThatGoesToAnotherServiceUntilItEnds) {
  start();
  const int listener = tcp(10);
  auto waits = service(1, 10);
  waits.is_wait = true;
  apply({waits});
  auto launcher = join(1);
  const auto client = connected_to(listener, SOCK_STREAM);
  const auto launch = launch_of(launcher);
  launcher.report(ReportKind::Started, launch.id);
  auto renamed = service(2, 10);
  renamed.is_wait = true;
  apply({renamed});
  settle();
  EXPECT_THAT(launcher.launches(), testing::IsEmpty());
  const UniqueFd taken(accept(listener, nullptr, nullptr));
  launcher.report(ReportKind::Exited, launch.id);
  const auto next = connected_to(listener, SOCK_STREAM);
  EXPECT_EQ(launch_of(launcher).service, 2U);
}

TEST_F(ReactorTest, ARemovedServiceTakesNoMoreClients) {
  start();
  const int listener = tcp(10);
  apply({service(1, 10)});
  auto launcher = join(1);
  const auto first = connected_to(listener, SOCK_STREAM);
  const auto launch = launch_of(launcher);
  launcher.report(ReportKind::Started, launch.id);
  apply({});
  const auto second = connected_to(listener, SOCK_STREAM);
  launcher.report(ReportKind::Exited, launch.id);
  settle();
  EXPECT_THAT(launcher.launches(), testing::IsEmpty());
}

// ---- wait ------------------------------------------------------------------------------------

TEST_F(ReactorTest, AWaitServerHasTheSocketForItselfUntilItEnds) {
  start();
  const int listener = tcp(10);
  auto waits = service(1, 10);
  waits.is_wait = true;
  apply({waits});
  auto launcher = join(1);
  const auto first = connected_to(listener, SOCK_STREAM);
  const auto launch = launch_of(launcher);
  const auto second = connected_to(listener, SOCK_STREAM);
  launcher.report(ReportKind::Started, launch.id);
  settle();
  EXPECT_THAT(launcher.launches(), testing::IsEmpty());
  EXPECT_EQ(fcntl(launcher.sockets.at(0).get(), F_GETFL) & O_NONBLOCK, 0);
  for (int i = 0; i < 2; ++i) UniqueFd(accept(listener, nullptr, nullptr));
  launcher.report(ReportKind::Exited, launch.id);
  const auto third = connected_to(listener, SOCK_STREAM);
  EXPECT_NE(launch_of(launcher).id, launch.id);
}

TEST_F(ReactorTest, AWaitServerFoundInALedgerHasTheSocketToo) {
  start();
  const int listener = udp(10);
  auto launcher = join(1);
  auto waits = service(1, 10, SOCK_DGRAM);
  waits.is_wait = true;
  const auto slot = *launcher.ledger->begin(make_launch_id(0, 5), 1, 10, 1, nullptr);
  launcher.ledger->started(slot, 4711);
  apply({waits});
  const auto client = connected_to(listener, SOCK_DGRAM);
  ASSERT_TRUE(send_text(client.get(), "hello"));
  settle();
  EXPECT_THAT(launcher.launches(), testing::IsEmpty());
  launcher.report(ReportKind::Exited, make_launch_id(0, 5));
  (void)launch_of(launcher);
}

TEST_F(ReactorTest, ASocketThatCannotBeMendedIsBoundAnew) {
  start();
  const int listener = udp(10);
  auto waits = service(1, 10, SOCK_DGRAM);
  waits.is_wait = true;
  apply({waits});
  auto launcher = join(1);
  const auto client = connected_to(listener, SOCK_DGRAM);
  ASSERT_TRUE(send_text(client.get(), "hello"));
  const auto launch = launch_of(launcher);
  launcher.report(ReportKind::Started, launch.id);
  shutdown(listener, SHUT_RDWR);
  launcher.report(ReportKind::Exited, launch.id);
  const auto wanted = parse_as<ListenerNumber>(await(MessageType::Rebind).body);
  ASSERT_TRUE(wanted);
  EXPECT_EQ(wanted->listener, 10U);
  const int fresh = udp(10);
  apply({waits});
  const auto next = connected_to(fresh, SOCK_DGRAM);
  ASSERT_TRUE(send_text(next.get(), "hello"));
  (void)launch_of(launcher);
}

// ---- nowait datagrams ------------------------------------------------------------------------

class ReactorDatagramTest : public ReactorRing {
 protected:
  void serve() {
    start();
    listener = udp(10);
    apply({service(1, 10, SOCK_DGRAM)});
    launcher.emplace(join(1));
    client = connected_to(listener, SOCK_DGRAM);
  }
  int listener = -1;
  std::optional<FakeLauncher> launcher;
  UniqueFd client;
};

TEST_F(ReactorDatagramTest, EachDatagramStartsOneServer) {
  serve();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(send_text(client.get(), "same"));
    const auto launch = launch_of(*launcher);
    launcher->report(ReportKind::Started, launch.id);
    settle();
    EXPECT_THAT(launcher->launches(), testing::IsEmpty());
    EXPECT_EQ(receive_text(launcher->sockets.back().get()), "same");
    launcher->report(ReportKind::Exited, launch.id);
  }
}

TEST_F(ReactorDatagramTest, OneThatItsServerLeftUnreadIsDiscarded) {
  serve();
  ASSERT_TRUE(send_text(client.get(), "unread"));
  ASSERT_TRUE(send_text(client.get(), "next"));
  const auto launch = launch_of(*launcher);
  run(*launcher, launch.id);
  EXPECT_NE(launch_of(*launcher).id, launch.id);
  EXPECT_EQ(receive_text(listener), "next");
  EXPECT_TRUE(logs("reason=unread"));
}

TEST_F(ReactorDatagramTest, ForWantOfProcessesItIsKeptAndTriedAgain) {
  serve();
  ASSERT_TRUE(send_text(client.get(), "keep me"));
  launcher->report_failure(launch_of(*launcher).id, EAGAIN, "posix_spawn");
  (void)launch_of(*launcher);  // after the pause
  EXPECT_EQ(receive_text(launcher->sockets.back().get()), "keep me");
}

TEST_F(ReactorDatagramTest, NoneIsStartedOnceTheReactorIsStopping) {
  serve();
  ASSERT_TRUE(send_text(client.get(), "first"));
  ASSERT_TRUE(send_text(client.get(), "second"));
  const auto launch = launch_of(*launcher);
  launcher->report(ReportKind::Started, launch.id);
  settle();
  send(MessageType::StopAccepting);
  await(MessageType::Stopped);
  EXPECT_EQ(receive_text(listener), "first");  // the next look would find the second
  launcher->report(ReportKind::Exited, launch.id);
  EXPECT_TRUE(logs("exit id=service1"));
  settle();
  EXPECT_THAT(launcher->launches(), testing::IsEmpty());
  EXPECT_EQ(receive_text(listener), "second");
}

// ---- the monitor -----------------------------------------------------------------------------

TEST_F(ReactorTest, WithoutAMonitorItEndsWhenNothingIsInFlight) {
  start();
  tcp(10);
  apply({service(1, 10)});
  auto launcher = join(1);
  const auto client = connected_to(sockets_[10].get(), SOCK_STREAM);
  const auto launch = launch_of(launcher);
  monitor_.close();
  launcher.report(ReportKind::Started, launch.id);
  EXPECT_EQ(wait_for_end(), 0);
}

TEST_F(ReactorTest, MessagesThatAreNoneDoNoHarm) {
  start();
  const int listener = tcp(10);
  for (std::uint16_t type = 0; type < 40; ++type) {
    if (type == static_cast<std::uint16_t>(MessageType::ReactorStart)) continue;
    if (type == static_cast<std::uint16_t>(MessageType::StopAccepting)) continue;
    send(static_cast<MessageType>(type), "x");
  }
  apply({service(1, 10)});
  auto launcher = join(1);
  const auto client = connected_to(listener, SOCK_STREAM);
  EXPECT_EQ(launch_of(launcher).service, 1U);
}

TEST_F(ReactorTest, NonsenseOnTheChannelIsItsEnd) {
  start();
  apply({});
  ASSERT_EQ(::send(monitor_.fd(), "nonsense on the wire", 20, 0), 20);
  EXPECT_EQ(wait_for_end(), 0);
}

}  // namespace
}  // namespace uvinetd
