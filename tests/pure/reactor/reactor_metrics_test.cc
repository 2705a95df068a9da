// SPDX-License-Identifier: ISC
// What a reactor has counted when all is over, to the last client.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/reactor/metrics/tcp_queue.h"
#include "tests/pure/reactor/reactor_ring.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::Not;

class ReactorMetricsTest : public ReactorRing {};

Report an_exit(LaunchId id, int status) {
  Report out;
  out.kind = ReportKind::Exited;
  out.id = id;
  out.pid = 4711;
  out.status = status;
  out.user_usec = 1'000;
  out.system_usec = 500;
  out.max_rss_kib = 2;
  return out;
}

TEST_F(ReactorMetricsTest, ClientsAndTheirServers) {
  start();
  const int listener = tcp(10);
  apply({service(1, 10)});
  auto launcher = join(1);
  for (const int status : {0, 0, SIGKILL}) {
    const auto client = connected_to(listener, SOCK_STREAM);
    const auto launch = launch_of(launcher);
    launcher.report(ReportKind::Started, launch.id, 4711);
    launcher.send(an_exit(launch.id, status));
    EXPECT_TRUE(logs(status == 0 ? "status=0" : "status=signal:9"));
  }
  const auto client = connected_to(listener, SOCK_STREAM);
  launcher.report_failure(launch_of(launcher).id, ENOENT, "execve");
  EXPECT_TRUE(logs("reason=exec errno=ENOENT"));
  const auto text = end_and_measure();
  for (const auto* line :
       {"uvinetd_accepted_total 4\n", "uvinetd_started_total 3\n",
        "uvinetd_refused_total{reason=\"exec\"} 1\n",
        "uvinetd_start_failures_total{step=\"execve\"} 1\n",
        "uvinetd_exits_total{status=\"0\"} 2\n", "uvinetd_exits_total{status=\"SIGKILL\"} 1\n",
        "uvinetd_cpu_seconds_total 0.0045\n", "uvinetd_max_rss_bytes 2048\n",
        "uvinetd_start_latency_seconds_count 3\n", "uvinetd_answer_latency_seconds_count 0\n",
        "uvinetd_service_running{id=\"service1\"} 0\n",
        "uvinetd_service_accepted_total{id=\"service1\"} 4\n",
        "uvinetd_service_started_total{id=\"service1\"} 3\n",
        "uvinetd_service_refused_total{id=\"service1\",reason=\"exec\"} 1\n",
        "uvinetd_service_start_failures_total{id=\"service1\",step=\"execve\"} 1\n",
        "uvinetd_service_exits_total{id=\"service1\",status=\"SIGKILL\"} 1\n",
        "uvinetd_service_start_latency_seconds_count{id=\"service1\"} 3\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("uvinetd_loop_turn_seconds_count 0\n")));
}

TEST_F(ReactorMetricsTest, AStartThatIsTriedAgainIsOneFailureAndOneStart) {
  start();
  const int listener = tcp(10);
  apply({service(1, 10)});
  auto launcher = join(1);
  const auto client = connected_to(listener, SOCK_STREAM);
  auto launch = launch_of(launcher);
  launcher.report_failure(launch.id, EAGAIN, "clone", launcher.sockets[0].get());
  launch = launch_of(launcher);
  launcher.report(ReportKind::Started, launch.id, 4711);
  EXPECT_TRUE(logs("start id=service1"));
  const auto text = end_and_measure();
  EXPECT_THAT(text, HasSubstr("uvinetd_accepted_total 1\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_started_total 1\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_start_failures_total{step=\"clone\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("uvinetd_refused_total{")));
  EXPECT_THAT(text, HasSubstr("uvinetd_running 1\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_service_running{id=\"service1\"} 1\n"));
}

TEST_F(ReactorMetricsTest, ClientsThatAreAnsweredHere) {
  start();
  const int daytime = tcp(10);
  const int discard = tcp(20);
  const int echo = udp(30);
  auto datagrams = builtin(3, 30, "echo");
  datagrams.socket_type = SOCK_DGRAM;
  apply({builtin(1, 10, "daytime"), builtin(2, 20, "discard"), datagrams});
  const auto asks = connected_to(daytime, SOCK_STREAM);
  EXPECT_TRUE(wait_for_input(asks.get()));
  const auto says = connected_to(discard, SOCK_STREAM);
  const auto sends = connected_to(echo, SOCK_DGRAM);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(send_text(sends.get(), "x"));
    EXPECT_TRUE(wait_for_input(sends.get()));
    (void)receive_text(sends.get());
  }
  ASSERT_TRUE(eventually([&] { return shutdown(says.get(), SHUT_WR) == 0; }));
  EXPECT_TRUE(wait_for_input(says.get()));  // its end
  const auto text = end_and_measure();
  EXPECT_THAT(text, HasSubstr("uvinetd_accepted_total 2\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_answered_total 2\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_started_total 0\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_service_datagrams_total{id=\"service3\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_service_answer_latency_seconds_count{id=\"service1\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("answer_latency_seconds_count{id=\"service2\"}")));
}

TEST_F(ReactorMetricsTest, CountsOutliveAReloadAndThoseOfARemovedServiceStayInTheTotal) {
  start();
  const int first = tcp(10);
  const int second = tcp(20);
  apply({service(1, 10), service(2, 20)});
  auto launcher = join(1);
  for (const int listener : {first, second}) {
    const auto client = connected_to(listener, SOCK_STREAM);
    run(launcher, launch_of(launcher).id);
  }
  EXPECT_TRUE(logs("exit id=service2"));
  apply({service(1, 10)});
  const auto text = end_and_measure();
  EXPECT_THAT(text, HasSubstr("uvinetd_service_started_total{id=\"service1\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("id=\"service2\"")));
  EXPECT_THAT(text, HasSubstr("uvinetd_services 1\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_started_total 2\n"));
}

TEST_F(ReactorMetricsTest, ARedirectIsAnsweredWithItsTargetsFirstByte) {
  start();
  const int listener = tcp(10);
  const auto target = bound_ip_socket(SOCK_STREAM);
  ASSERT_EQ(listen(target.get(), 8), 0);
  auto redirect = builtin(1, 10, "redirect");
  redirect.more.edit().relay.targets = {*SocketAddress::local_of(target.get())};
  apply({redirect});
  const auto silent = connected_to(listener, SOCK_STREAM);
  ASSERT_TRUE(wait_for_input(target.get()));
  const UniqueFd first(accept(target.get(), nullptr, nullptr));
  const auto client = connected_to(listener, SOCK_STREAM);
  ASSERT_TRUE(wait_for_input(target.get()));
  const UniqueFd second(accept(target.get(), nullptr, nullptr));
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(send_text(second.get(), "x"));
    ASSERT_TRUE(wait_for_input(client.get()));
    (void)receive_text(client.get());
  }
  const auto text = end_and_measure();
  EXPECT_THAT(text, HasSubstr("uvinetd_service_answered_total{id=\"service1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_answer_latency_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_sessions 2\n"));
}

TEST_F(ReactorMetricsTest, AClientOfTheMultiplexerCountsWhereItWentTo) {
  start();
  const int listener = tcp(10);
  auto named = service(2, 0);
  named.listeners.clear();
  named.mux_name.edit() = "ftp";
  apply({builtin(1, 10, "tcpmux"), named});
  auto launcher = join(1);
  const auto client = connected_to(listener, SOCK_STREAM);
  EXPECT_TRUE(send_text(client.get(), "ftp\r\n"));
  launcher.report(ReportKind::Started, launch_of(launcher).id, 4711);
  EXPECT_TRUE(logs("start id=service2"));
  const auto lost = connected_to(listener, SOCK_STREAM);
  EXPECT_TRUE(send_text(lost.get(), "gopher\r\n"));
  EXPECT_TRUE(logs("reason=unknown-service"));
  const auto text = end_and_measure();
  EXPECT_THAT(text, HasSubstr("uvinetd_accepted_total 2\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_service_accepted_total{id=\"service1\"} 2\n"));
  EXPECT_THAT(
      text,
      HasSubstr("uvinetd_service_refused_total{id=\"service1\",reason=\"unknown-service\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_service_started_total{id=\"service2\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_service_start_latency_seconds_count{id=\"service2\"} 1\n"));
}

TEST_F(ReactorMetricsTest, EachRefusalCountsHoweverFewAreLogged) {
  constexpr int kClients = 300;  // more than the log tells in a moment
  start();
  const int listener = tcp(10);
  auto limited = service(1, 10);
  limited.instances_per_source = 1;
  apply({limited});
  auto launcher = join(1);
  const auto served = connected_to(listener, SOCK_STREAM);
  launcher.report(ReportKind::Started, launch_of(launcher).id, 4711);
  for (int i = 0; i < kClients; ++i) {
    const auto client = connected_to(listener, SOCK_STREAM);
    ASSERT_TRUE(wait_for_input(client.get()));  // its end
  }
  const auto text = end_and_measure();
  EXPECT_THAT(text, HasSubstr("uvinetd_accepted_total 301\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_refused_total{reason=\"source-instances\"} 300\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_started_total 1\n"));
}

TEST_F(ReactorMetricsTest, ServicesComeInTheOrderOfTheirKeys) {
  constexpr std::uint32_t kServices = 12;
  start();
  std::vector<TableService> list;
  for (std::uint32_t key = 1; key <= kServices; ++key) list.push_back(service(key, 0));
  apply(list);
  const auto text = end_and_measure();
  std::size_t before = 0;
  for (std::uint32_t key = 1; key <= kServices; ++key) {
    const auto at = text.find("uvinetd_service_running{id=\"service" + std::to_string(key) + "\"}");
    ASSERT_NE(at, std::string::npos) << key;
    EXPECT_GT(at, before) << key;
    before = at;
  }
}

TEST_F(ReactorMetricsTest, APauseCounts) {
  start();
  const int listener = tcp(10);
  auto limited = service(1, 10);
  limited.starts_per_minute = 1;
  apply({limited});
  auto launcher = join(1);
  const auto first = connected_to(listener, SOCK_STREAM);
  launcher.report(ReportKind::Started, launch_of(launcher).id, 4711);
  const auto second = connected_to(listener, SOCK_STREAM);
  EXPECT_TRUE(logs("pause id=service1 reason=rate"));
  const auto text = end_and_measure();
  EXPECT_THAT(text, HasSubstr("uvinetd_pauses_total 1\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_service_paused{id=\"service1\"} 1\n"));
}

TEST(TcpQueueTest, TellsWhoStandsInABacklog) {
  const auto listener = bound_ip_socket(SOCK_STREAM);
  ASSERT_EQ(listen(listener.get(), 7), 0);
  const auto empty = tcp_queue(listener.get());
  if (!empty) GTEST_SKIP() << "not known on this system";
  EXPECT_EQ(empty->length, 0U);
  EXPECT_EQ(empty->limit, 7U);
  const auto first = connected_to(listener.get(), SOCK_STREAM);
  const auto second = connected_to(listener.get(), SOCK_STREAM);
  EXPECT_TRUE(eventually([&] { return tcp_queue(listener.get())->length == 2; }));
  EXPECT_FALSE(tcp_queue(first.get()));
  EXPECT_FALSE(tcp_queue(bound_ip_socket(SOCK_DGRAM).get()));
}

TEST_F(ReactorMetricsTest, TheMonitorsFactsOfRolesAreToldOn) {
  start();
  apply({});
  send(MessageType::RoleFacts, print(RoleFacts{{{"reactor", 1, 7, -1}, {"launcher", 2, 3, 99}}}));
  const auto text = end_and_measure();
  EXPECT_THAT(text, HasSubstr("uvinetd_role_restarts_total{role=\"reactor\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_role_processes{role=\"launcher\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("uvinetd_role_open_fds{role=\"launcher\"} 99\n"));
  if (OpenDescriptors::of_self().count()) {
    EXPECT_THAT(text, HasSubstr("uvinetd_role_open_fds{role=\"reactor\"} "));
  }
}

}  // namespace
}  // namespace uvinetd
