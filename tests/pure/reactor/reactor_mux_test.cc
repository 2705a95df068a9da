// SPDX-License-Identifier: ISC
// The TCP port multiplexer in a real reactor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/reactor/reactor_ring.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kNotAvailable = "-Service not available\r\n";

class ReactorMuxTest : public ReactorRing {
 protected:
  static constexpr std::uint32_t kMux = 1;

  static TableService muxed(std::uint32_t key, const std::string& name, bool greets = false) {
    auto out = service(key, 0);
    out.id = "tcpmux/" + name;
    out.listeners.clear();
    out.mux_name.edit() = name;
    out.mux_greets = greets;
    return out;
  }
  // The multiplexer with these services behind it, and a launcher.
  void serve(std::vector<TableService> services) {
    start();
    listener = tcp(10);
    apply(with_mux(std::move(services)));
    launcher.emplace(join(1));
  }
  static std::vector<TableService> with_mux(std::vector<TableService> services) {
    services.push_back(builtin(kMux, 10, "tcpmux"));
    return services;
  }
  UniqueFd client(std::string_view text) {
    auto out = connected_to(listener, SOCK_STREAM);
    EXPECT_TRUE(send_text(out.get(), text));
    return out;
  }
  // Clients are accepted in their order: those before have been, and what they said is read.
  void let_it_read() { (void)answer(client("help\r\n")); }
  // All that comes until the reactor's end of the connection is shut.
  static std::string answer(const UniqueFd& from) {
    std::string out;
    char bytes[4096];
    while (wait_for_input(from.get())) {
      const auto size = recv(from.get(), bytes, sizeof bytes, 0);
      if (size <= 0) return out;
      out.append(bytes, static_cast<std::size_t>(size));
    }
    ADD_FAILURE() << "no end";
    return out;
  }
  // What the server finds in its socket.
  std::string for_server() { return receive_text(launcher->sockets.back().get()); }

  int listener = -1;
  std::optional<FakeLauncher> launcher;
};

TEST_F(ReactorMuxTest, AClientIsPassedOnToTheServiceThatItNames) {
  serve({muxed(2, "ftp"), muxed(3, "Finger")});
  const auto one = client("finger\r\nroot\r\n");
  const auto launch = launch_of(*launcher);
  EXPECT_EQ(launch.service, 3U);
  EXPECT_EQ(launch.listener, 0U);
  ASSERT_EQ(launcher->sockets.size(), 1U);
  const int socket = launcher->sockets[0].get();
  EXPECT_EQ(*SocketAddress::peer_of(socket), *SocketAddress::local_of(one.get()));
  EXPECT_EQ(fcntl(socket, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_EQ(for_server(), "root\r\n");
  EXPECT_EQ(receive_text(one.get()), "");
  launcher->report(ReportKind::Started, launch.id, 4711);
  EXPECT_TRUE(logs("start id=tcpmux/Finger pid=4711 from=127.0.0.1:"));
  launcher->report(ReportKind::Exited, launch.id, 4711);
  EXPECT_TRUE(logs("exit id=tcpmux/Finger pid=4711 status=0"));
}

TEST_F(ReactorMuxTest, ANameMayComeInPieces) {
  serve({muxed(2, "ftp")});
  const auto one = client("f");
  let_it_read();
  EXPECT_TRUE(send_text(one.get(), "tp\r"));
  let_it_read();
  EXPECT_THAT(launcher->launches(), IsEmpty());
  EXPECT_TRUE(send_text(one.get(), "\nUSER"));
  (void)launch_of(*launcher);
  EXPECT_EQ(for_server(), "USER");
}

TEST_F(ReactorMuxTest, OneWithAPlusIsGreetedBeforeItsServerStarts) {
  serve({muxed(2, "ftp", true)});
  const auto one = client("ftp\r\nfirst");
  const auto launch = launch_of(*launcher);
  EXPECT_EQ(receive_text(one.get()), "+Go\r\n");
  EXPECT_EQ(for_server(), "first");
  launcher->report(ReportKind::Started, launch.id);
}

TEST_F(ReactorMuxTest, OnlyServicesThatAskedForItAreReached) {
  start();
  listener = tcp(10);
  tcp(20);
  auto own = service(4, 20);
  own.id = "secret";
  apply(with_mux({own, muxed(2, "ftp")}));
  launcher.emplace(join(1));
  for (const std::string name : {"secret", "service4", "secret/tcp", "4", "20", "", "tcpmux",
                                 "tcpmux/ftp", "ftp ", "+ftp"}) {
    const auto one = client(name + "\r\nmore");
    EXPECT_EQ(answer(one), kNotAvailable) << name;
  }
  EXPECT_THAT(launcher->launches(), IsEmpty());
  EXPECT_TRUE(logs("refuse id=service1 from=127.0.0.1:"));
  EXPECT_TRUE(logs("reason=unknown-service"));
}

TEST_F(ReactorMuxTest, HelpListsTheNames) {
  serve({muxed(2, "ftp"), muxed(3, "Daytime", true), muxed(4, "zip")});
  EXPECT_EQ(answer(client("help\r\n")), "Daytime\r\nftp\r\nzip\r\n");
  EXPECT_EQ(answer(client("HELP\n")), "Daytime\r\nftp\r\nzip\r\n");
  apply(with_mux({}));
  EXPECT_EQ(answer(client("help\r\n")), "");
}

TEST_F(ReactorMuxTest, WhatIsNoNameIsAnError) {
  serve({muxed(2, "ftp")});
  EXPECT_EQ(answer(client(std::string(300, 'x') + "\r\n")), "-Error reading service name\r\n");
}

TEST_F(ReactorMuxTest, ABuiltInMayBeBehindIt) {
  auto echo = muxed(2, "echo", true);
  echo.internal.edit() = "echo";
  serve({echo});
  const auto one = client("echo\r\nhello");
  std::string got;
  EXPECT_TRUE(eventually([&] {
    got += receive_text(one.get());
    return got.size() >= 10;
  }));
  EXPECT_EQ(got, "+Go\r\nhello");
}

TEST_F(ReactorMuxTest, TheLimitsOfTheServiceHold) {
  auto limited = muxed(2, "ftp");
  limited.instances = 1;
  serve({limited, muxed(3, "other")});
  const auto one = client("ftp\r\n");
  const auto launch = launch_of(*launcher);
  launcher->report(ReportKind::Started, launch.id);
  EXPECT_EQ(answer(client("ftp\r\n")), kNotAvailable);
  EXPECT_TRUE(logs("reason=instances"));
  const auto other = client("other\r\n");
  EXPECT_EQ(launch_of(*launcher).service, 3U);
  launcher->report(ReportKind::Exited, launch.id);
  EXPECT_TRUE(logs("exit id=tcpmux/ftp"));
  const auto next = client("ftp\r\n");
  EXPECT_EQ(launch_of(*launcher).service, 2U);
}

TEST_F(ReactorMuxTest, AtItsRateTheServicePausesAndTheMultiplexerDoesNot) {
  auto limited = muxed(2, "ftp");
  limited.starts_per_minute = 2;
  serve({limited, muxed(3, "other")});
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(client("ftp\r\n"));
    launcher->report(ReportKind::Started, launch_of(*launcher).id);
  }
  EXPECT_EQ(answer(client("ftp\r\n")), kNotAvailable);
  EXPECT_TRUE(logs("pause id=tcpmux/ftp reason=rate"));
  EXPECT_EQ(answer(client("ftp\r\n")), kNotAvailable);
  const auto other = client("other\r\n");
  EXPECT_EQ(launch_of(*launcher).service, 3U);
}

TEST_F(ReactorMuxTest, LimitsOfASourceHold) {
  auto limited = muxed(2, "ftp", true);
  limited.instances_per_source = 1;
  serve({limited});
  const auto one = client("ftp\r\n");
  launcher->report(ReportKind::Started, launch_of(*launcher).id);
  EXPECT_EQ(answer(client("ftp\r\n")), kNotAvailable);
  EXPECT_TRUE(logs("reason=source-instances"));
}

TEST_F(ReactorMuxTest, AClientWaitsForTheFirstLauncher) {
  start();
  listener = tcp(10);
  apply(with_mux({muxed(2, "ftp")}));
  const auto one = client("ftp\r\nhello");
  await(MessageType::NeedLauncher);
  launcher.emplace(join(1));
  EXPECT_EQ(launch_of(*launcher).service, 2U);
  EXPECT_EQ(for_server(), "hello");
}

TEST_F(ReactorMuxTest, WhatItsLauncherNeverStartedGoesToTheNext) {
  serve({muxed(2, "ftp")});
  const auto one = client("ftp\r\nhello");
  (void)launch_of(*launcher);
  launcher->sockets.clear();
  launcher->channel.close();
  send(MessageType::LauncherGone, print(LauncherNumber{1, true}));
  launcher.emplace(join(2));
  EXPECT_EQ(launch_of(*launcher).service, 2U);
  EXPECT_EQ(for_server(), "hello");
}

TEST_F(ReactorMuxTest, AServerThatCannotStartForNowIsTriedAgain) {
  serve({muxed(2, "ftp")});
  const auto one = client("ftp\r\nhello");
  const auto launch = launch_of(*launcher);
  const auto back = std::move(launcher->sockets.back());
  launcher->report_failure(launch.id, EAGAIN, "posix_spawn", back.get());
  EXPECT_EQ(launch_of(*launcher).id, launch.id);
  EXPECT_EQ(for_server(), "hello");
}

TEST_F(ReactorMuxTest, AProgramThatIsMissingEndsTheConnection) {
  serve({muxed(2, "ftp")});
  const auto one = client("ftp\r\n");
  const auto launch = launch_of(*launcher);
  launcher->sockets.clear();
  launcher->report_failure(launch.id, ENOENT, "execve");
  EXPECT_EQ(answer(one), "");
  EXPECT_TRUE(logs("refuse id=tcpmux/ftp from=127.0.0.1:"));
  EXPECT_TRUE(logs("reason=exec errno=ENOENT step=execve"));
}

TEST_F(ReactorMuxTest, ANameThatIsBeingReadIsLookedUpInTheNewestTable) {
  serve({muxed(2, "old")});
  const auto one = client("ne");
  const auto two = client("ol");
  let_it_read();
  apply(with_mux({muxed(3, "new")}));
  EXPECT_TRUE(send_text(one.get(), "w\r\n"));
  EXPECT_EQ(launch_of(*launcher).service, 3U);
  EXPECT_TRUE(send_text(two.get(), "d\r\n"));
  EXPECT_EQ(answer(two), kNotAvailable);
}

TEST_F(ReactorMuxTest, AServerOfARemovedServiceIsStillCountedAndLogged) {
  serve({muxed(2, "ftp")});
  const auto one = client("ftp\r\n");
  const auto launch = launch_of(*launcher);
  launcher->report(ReportKind::Started, launch.id, 55);
  settle();
  apply(with_mux({}));
  launcher->report(ReportKind::Exited, launch.id, 55);
  EXPECT_TRUE(logs("exit id=tcpmux/ftp pid=55 status=0"));
}

TEST_F(ReactorMuxTest, ARunningServerIsAdoptedByTheNextReactor) {
  start();
  listener = tcp(10);
  auto limited = muxed(2, "ftp");
  limited.instances = 1;
  RunningChild child;
  child.id = make_launch_id(7, 1);
  child.service = 2;
  child.pid = 77;
  send(MessageType::Adopted, print(child));
  apply(with_mux({limited}));
  launcher.emplace(join(1));
  EXPECT_EQ(answer(client("ftp\r\n")), kNotAvailable);
  Report report;
  report.kind = ReportKind::Exited;
  report.id = child.id;
  report.service = 2;
  send(MessageType::AdoptedExit, print(Reports{{report}}));
  settle();
  const auto one = client("ftp\r\n");
  EXPECT_EQ(launch_of(*launcher).service, 2U);
}

TEST_F(ReactorMuxTest, SilentClientsHinderNobody) {
  serve({muxed(2, "ftp")});
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(connected_to(listener, SOCK_STREAM));
  const auto one = client("ftp\r\n");
  EXPECT_EQ(launch_of(*launcher).service, 2U);
}

TEST_F(ReactorMuxTest, NobodyIsPassedOnWhileStopping) {
  serve({muxed(2, "ftp")});
  const auto one = client("ft");
  let_it_read();
  send(MessageType::StopAccepting);
  await(MessageType::Stopped);
  EXPECT_TRUE(send_text(one.get(), "p\r\n"));
  EXPECT_EQ(answer(one), kNotAvailable);
  EXPECT_THAT(launcher->launches(), IsEmpty());
}

}  // namespace
}  // namespace uvinetd
