// SPDX-License-Identifier: ISC
#include "spawn/launcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>

#include "tests/pure/spawn/launcher_ring.h"

namespace uvinetd {
namespace {

using namespace test;

class LauncherTest : public LauncherRing {};
INSTANTIATE_TEST_SUITE_P(Each, LauncherTest, each_spawner(), spawner_name);

constexpr const char* kUntilEof = "exec cat >/dev/null";

// ---- start -----------------------------------------------------------------------------------

TEST_P(LauncherTest, SaysThatItHasStarted) {
  fork_launcher();
  EXPECT_EQ(send_start(start_message(), {}).code, 0);
}

TEST_P(LauncherTest, AnIdentityThatTheTableLacksEndsIt) {
  fork_launcher();
  auto start = start_message();
  start.identity = 99;
  const auto answer = send_start(start, {});
  EXPECT_EQ(answer.code, ENOENT);
  EXPECT_EQ(answer.step, "identity");
  EXPECT_EQ(wait_for_end(), 1 << 8);
}

TEST_P(LauncherTest, AStartWithoutItsDescriptorsEndsIt) {
  fork_launcher();
  send(monitor_, MessageType::LauncherStart, print(start_message()));
  const auto answer = parse_as<LauncherStarted>(await(monitor_, MessageType::LauncherStarted).body);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, EBADF);
  EXPECT_EQ(wait_for_end(), 1 << 8);
}

TEST_P(LauncherTest, AStartThatIsNoneEndsIt) {
  fork_launcher();
  send(monitor_, MessageType::LauncherStart, "short");
  const auto answer = parse_as<LauncherStarted>(await(monitor_, MessageType::LauncherStarted).body);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, EPROTO);
  EXPECT_EQ(wait_for_end(), 1 << 8);
}

TEST_P(LauncherTest, ATableThatIsNoneEndsIt) {
  fork_launcher();
  page_ = std::move(*make_shared_page("ledger-test", kLedgerBytes));
  const auto nonsense = make_read_only_memory("table-test", std::string(100, 'x'));
  send(monitor_, MessageType::LauncherStart, print(start_message()),
       {nonsense->get(), page_.writer.get()});
  const auto answer = parse_as<LauncherStarted>(await(monitor_, MessageType::LauncherStarted).body);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, EINVAL);
  EXPECT_EQ(wait_for_end(), 1 << 8);
}

// ---- launches --------------------------------------------------------------------------------

TEST_P(LauncherTest, StartsTheProgramOnTheConnectionAndReportsIt) {
  start({shell_service(5, "echo hello; exec cat >/dev/null")});
  auto client = launch(77, 5);
  const auto report = next_report();
  EXPECT_EQ(report.kind, ReportKind::Started);
  EXPECT_EQ(report.id, 77U);
  EXPECT_EQ(report.service, 5U);
  EXPECT_EQ(report.listener, 50U);
  EXPECT_GT(report.pid, 1);
  const auto entry = ledger_.find(77);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->state, SlotState::Running);
  EXPECT_EQ(entry->child.pid, report.pid);
  EXPECT_EQ(entry->child.service, 5U);
  shutdown(client.get(), SHUT_WR);
  EXPECT_EQ(read_to_end(client.get()), "hello\n");
}

TEST_P(LauncherTest, ReportsTheExitWithItsStatusAndWhatWasUsed) {
  start({shell_service(1, "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 3")});
  const auto client = launch(1, 1);
  const auto started = next_report();
  const auto exited = next_report();
  EXPECT_EQ(exited.kind, ReportKind::Exited);
  EXPECT_EQ(exited.id, 1U);
  EXPECT_EQ(exited.pid, started.pid);
  EXPECT_EQ(status_text(exited.status), "3");
  EXPECT_GT(exited.user_usec + exited.system_usec, 0);
  EXPECT_GT(exited.max_rss_kib, 0);
  EXPECT_TRUE(eventually([&] { return ledger_.entries().empty(); }));
}

TEST_P(LauncherTest, ReportsADeathBySignal) {
  start({shell_service(1, "kill -KILL $$")});
  const auto client = launch(1, 1);
  EXPECT_EQ(status_text(report_of(1, ReportKind::Exited).status), "signal:9");
}

TEST_P(LauncherTest, AProgramThatIsMissingIsReportedAndItsSlotIsFree) {
  auto service = shell_service(1, "");
  service.program = "/nonexistent/server";
  start({service});
  const auto client = launch(1, 1);
  expect_failed(1, ENOENT, "execve");
  EXPECT_TRUE(ledger_.entries().empty());
  EXPECT_EQ(read_to_end(client.get()), "");  // its copy of the connection is closed
}

TEST_P(LauncherTest, AServiceThatTheTableLacksIsRefused) {
  start({shell_service(1, "exit 0")});
  const auto client = launch(9, 2);
  expect_failed(9, ENOENT, "service");
}

TEST_P(LauncherTest, AServiceOfAnotherIdentityIsRefused) {
  auto service = shell_service(1, "exit 0");
  service.identity = 2;
  start({service});
  const auto client = launch(9, 1);
  expect_failed(9, ENOENT, "service");
}

TEST_P(LauncherTest, ABuiltInIsNotItsToStart) {
  auto service = shell_service(1, "exit 0");
  service.internal.edit() = "echo";
  start({service});
  const auto client = launch(9, 1);
  expect_failed(9, ENOENT, "service");
}

TEST_P(LauncherTest, ADescriptorOfAnotherKindIsRefused) {
  start({shell_service(1, "exit 0")});
  const auto [a, b] = socket_pair(SOCK_DGRAM);
  launch(1, 1, {a.get()});
  expect_failed(1, EPROTOTYPE, "socket");
  launch(2, 1, {page_.reader.get()});
  expect_failed(2, EPROTOTYPE, "socket");
}

TEST_P(LauncherTest, ALaunchWithoutADescriptorOrWithTwoIsRefused) {
  start({shell_service(1, "exit 0")});
  launch(1, 1, {});
  expect_failed(1, EBADF, "launch");
  const auto [a, b] = socket_pair();
  launch(2, 1, {a.get(), b.get()});
  expect_failed(2, EBADF, "launch");
}

TEST_P(LauncherTest, TellsTheServerWhoseConnectionItIs) {
  auto service = shell_service(1, "echo $PROTO $TCPLOCALPORT $REMOTE_ADDR $REMOTE_PORT");
  start({service});
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto address = *SocketAddress::parse_ip("127.0.0.1", 0);
  ASSERT_EQ(bind(listener.get(), address.data(), address.size()), 0);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  address = *SocketAddress::local_of(listener.get());
  const UniqueFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(connect(client.get(), address.data(), address.size()), 0);
  UniqueFd server(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  launch(1, 1, {server.get()});
  server.reset();
  const auto own_port = std::to_string(SocketAddress::local_of(client.get())->port());
  EXPECT_EQ(read_to_end(client.get()),
            "TCP " + std::to_string(address.port()) + " 127.0.0.1 " + own_port + "\n");
  // The ledger tells the same to a later reactor.
  (void)report_of(1, ReportKind::Exited);
}

TEST_P(LauncherTest, ThePeerStandsInTheLedgerWhileTheServerRuns) {
  start({shell_service(1, kUntilEof)});
  const UniqueFd listener(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto address = *SocketAddress::parse_ip("::1", 0);
  if (bind(listener.get(), address.data(), address.size()) != 0) GTEST_SKIP() << "no IPv6 here";
  ASSERT_EQ(listen(listener.get(), 1), 0);
  address = *SocketAddress::local_of(listener.get());
  const UniqueFd client(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(connect(client.get(), address.data(), address.size()), 0);
  const UniqueFd server(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  launch(1, 1, {server.get()});
  (void)report_of(1, ReportKind::Started);
  const auto entry = ledger_.find(1);
  ASSERT_TRUE(entry);
  EXPECT_EQ(SocketAddress::from_bytes(entry->child.peer), *SocketAddress::local_of(client.get()));
}

TEST_P(LauncherTest, KeepsNoDescriptorOfAConnection) {
  start({shell_service(1, kUntilEof)});
  const auto descriptors = [this] {
    const std::filesystem::directory_iterator list("/proc/" + std::to_string(pid_) + "/fd");
    return std::distance(begin(list), end(list));
  };
  auto first = launch(1, 1);
  (void)report_of(1, ReportKind::Started);
  const auto before = descriptors();
  std::vector<UniqueFd> clients;
  for (LaunchId id = 2; id < 40; ++id) clients.push_back(launch(id, 1));
  for (LaunchId id = 2; id < 40; ++id) (void)report_of(id, ReportKind::Started);
  EXPECT_EQ(descriptors(), before);
}

TEST_P(LauncherTest, AMalformedLaunchClosesTheChannelAndANewReactorIsServed) {
  start({shell_service(1, "echo hello")});
  for (int i = 0; i < 3; ++i) {
    drop_launcher_end();
    const auto [a, b] = socket_pair();
    if (i == 0) send(reactor_, MessageType::Launch, "short", {a.get()});
    if (i == 1) send(reactor_, MessageType::Reports, print(Launch{1, 1, 1}), {a.get()});
    if (i == 2) (void)::send(reactor_.fd(), "nonsense on the wire", 20, 0);
    EXPECT_TRUE(eventually([this] { return reactor_.receive().event == Channel::Event::Closed; }));
    connect_reactor();
    const auto client = launch(static_cast<LaunchId>(10 + i), 1);
    EXPECT_EQ(read_to_end(client.get()), "hello\n");
  }
}

// ---- the table -------------------------------------------------------------------------------

TEST_P(LauncherTest, ServicesOfTheTableBeforeAreStartedUntilTheCommit) {
  start({shell_service(1, "echo old"), shell_service(2, "echo both")});
  const auto table = make_table(2, {shell_service(2, "echo new"), shell_service(3, "echo third")});
  send(monitor_, MessageType::Table, print(Generation{2}), {table.get()});
  const auto taken = parse_as<Generation>(await(monitor_, MessageType::TableTaken).body);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->generation, 2U);
  EXPECT_EQ(read_to_end(launch(1, 1).get()), "old\n");
  EXPECT_EQ(read_to_end(launch(2, 2).get()), "new\n");
  EXPECT_EQ(read_to_end(launch(3, 3).get()), "third\n");
  send(monitor_, MessageType::TableCommit, print(Generation{2}));
  connect_reactor();  // answered after the commit was read
  const auto refused = launch(4, 1);
  EXPECT_EQ(report_of(4, ReportKind::Failed).code, ENOENT);
  EXPECT_EQ(read_to_end(refused.get()), "");
  EXPECT_EQ(read_to_end(launch(5, 3).get()), "third\n");
}

TEST_P(LauncherTest, ATableThatIsNoneIsNotTakenAndTheOldOneServesOn) {
  start({shell_service(1, "echo old")});
  const auto nonsense = make_read_only_memory("table-test", std::string(100, 'x'));
  send(monitor_, MessageType::Table, print(Generation{2}), {nonsense->get()});
  send(monitor_, MessageType::Table, "x", {nonsense->get()});
  send(monitor_, MessageType::Table, print(Generation{2}));
  connect_reactor();
  EXPECT_EQ(read_to_end(launch(1, 1).get()), "old\n");
}

// ---- a new reactor ---------------------------------------------------------------------------

TEST_P(LauncherTest, StartsAllThatADeadReactorHadSentBeforeItAnswersTheNextOne) {
  start({shell_service(1, kUntilEof)});
  ASSERT_EQ(kill(pid_, SIGSTOP), 0);
  std::vector<UniqueFd> clients;
  for (LaunchId id = 1; id <= 50; ++id) clients.push_back(launch(id, 1));
  drop_launcher_end();
  reactor_.close();
  give_reactor();
  EXPECT_TRUE(ledger_.entries().empty());
  ASSERT_EQ(kill(pid_, SIGCONT), 0);
  const auto drained = parse_as<Epoch>(await(monitor_, MessageType::Drained).body);
  ASSERT_TRUE(drained);
  EXPECT_EQ(drained->epoch, 2U);
  EXPECT_EQ(count(SlotState::Running), 50U);
  // The new reactor is told of them, each once.
  std::set<LaunchId> started;
  for (int i = 0; i < 50; ++i) {
    const auto report = next_report();
    EXPECT_EQ(report.kind, ReportKind::Started);
    started.insert(report.id);
  }
  EXPECT_EQ(started.size(), 50U);
  clients.clear();
  std::set<LaunchId> ended;
  for (int i = 0; i < 50; ++i) ended.insert(next_report().id);
  EXPECT_EQ(ended, started);
  EXPECT_TRUE(eventually([&] { return ledger_.entries().empty(); }));
}

TEST_P(LauncherTest, ExitsWithoutAReactorAreToldToTheNextOne) {
  start({shell_service(1, kUntilEof)});
  auto client = launch(1, 1);
  (void)report_of(1, ReportKind::Started);
  drop_launcher_end();
  reactor_.close();
  client.reset();
  EXPECT_TRUE(eventually([&] { return count(SlotState::Ended) == 1; }));
  EXPECT_EQ(status_text(ledger_.find(1)->status), "0");
  connect_reactor();
  EXPECT_EQ(report_of(1, ReportKind::Exited).id, 1U);
  EXPECT_TRUE(eventually([&] { return ledger_.entries().empty(); }));
}

TEST_P(LauncherTest, AReactorChannelWithoutItsDescriptorIsNoAnswerAndNoHarm) {
  start({shell_service(1, "echo hello")});
  send(monitor_, MessageType::ReactorChannel, print(Epoch{7}));
  send(monitor_, MessageType::ReactorChannel, "x");
  EXPECT_EQ(read_to_end(launch(1, 1).get()), "hello\n");
}

TEST_P(LauncherTest, ASlotIsFreeOnlyWhenTheReportOfItsEndHasLeft) {
  fork_launcher();
  ASSERT_EQ(send_start(start_message(), {shell_service(1, "exit 0")}).code, 0);
  give_reactor();
  const int least = 1;
  setsockopt(launcher_end_.get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  await(monitor_, MessageType::Drained);
  constexpr LaunchId kLaunches = 80;
  for (LaunchId id = 1; id <= kLaunches; ++id) {
    EXPECT_EQ(read_to_end(launch(id, 1).get()), "");  // it has ended; nobody reads the reports
  }
  ASSERT_TRUE(
      eventually([&] { return count(SlotState::Running) + count(SlotState::Starting) == 0; }));
  EXPECT_GT(count(SlotState::Ended), 0U);
  // What has left stands in the socket; nothing more leaves while it is stopped.
  ASSERT_EQ(kill(pid_, SIGSTOP), 0);
  int status = 0;
  ASSERT_EQ(waitpid(pid_, &status, WUNTRACED), pid_);
  std::set<LaunchId> told;
  for (auto received = reactor_.receive(); received.event == Channel::Event::Message;
       received = reactor_.receive()) {
    const auto reports = parse_as<Reports>(received.message.body);
    ASSERT_TRUE(reports);
    for (const auto& report : reports->list) {
      if (report.kind == ReportKind::Exited) told.insert(report.id);
    }
  }
  for (LaunchId id = 1; id <= kLaunches; ++id) {
    EXPECT_TRUE(ledger_.find(id) || told.contains(id)) << id;
  }
  ASSERT_EQ(kill(pid_, SIGCONT), 0);
  while (told.size() < kLaunches) {
    const auto report = next_report();
    ASSERT_NE(report.id, 0U);
    EXPECT_TRUE(report.kind != ReportKind::Exited || told.insert(report.id).second);
  }
  EXPECT_TRUE(eventually([&] { return ledger_.entries().empty(); }));
}

}  // namespace
}  // namespace uvinetd
