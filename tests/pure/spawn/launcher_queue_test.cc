// SPDX-License-Identifier: ISC
// What a launcher leaves in its queue, and what it gives back: Linux.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <set>

#include "tests/pure/spawn/launcher_ring.h"

namespace uvinetd {
namespace {

using namespace test;

class LauncherQueueTest : public LauncherRing {
 protected:
  static void set_descriptors(pid_t pid, rlim_t most) {
    rlimit limit{};
    ASSERT_EQ(prlimit(pid, RLIMIT_NOFILE, nullptr, &limit), 0);
    limit.rlim_cur = most;
    ASSERT_EQ(prlimit(pid, RLIMIT_NOFILE, &limit, nullptr), 0);
  }
  // How often the launcher has fallen asleep.
  [[nodiscard]] long naps() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
    for (std::string word; file >> word;) {
      if (word != "voluntary_ctxt_switches:") continue;
      long count = 0;
      file >> count;
      return count;
    }
    return 0;
  }
};
INSTANTIATE_TEST_SUITE_P(Each, LauncherQueueTest, each_spawner(), spawner_name);

TEST_P(LauncherQueueTest, AKilledLauncherLeavesWhatItHadNotRead) {
  start({shell_service(1, "echo hello")});
  ASSERT_EQ(kill(pid_, SIGSTOP), 0);
  std::vector<UniqueFd> clients;
  for (LaunchId id = 1; id <= 20; ++id) clients.push_back(launch(id, 1));
  ASSERT_EQ(kill(pid_, SIGKILL), 0);
  EXPECT_EQ(wait_for_end(), SIGKILL);
  Channel left(std::move(launcher_end_));
  for (LaunchId id = 1; id <= 20; ++id) {
    const auto received = left.receive();
    ASSERT_EQ(received.event, Channel::Event::Message);
    EXPECT_EQ(parse_as<Launch>(received.message.body)->id, id);
    EXPECT_EQ(received.message.fds.size(), 1U);
  }
  EXPECT_TRUE(ledger_.entries().empty());
}

TEST_P(LauncherQueueTest, CountsWhatItHasTakenFromEachReactor) {
  start({shell_service(1, "exit 0")});
  for (LaunchId id = 1; id <= 5; ++id) EXPECT_EQ(read_to_end(launch(id, 1).get()), "");
  EXPECT_TRUE(eventually([&] { return ledger_.taken() == 5; }));
  connect_reactor();
  EXPECT_EQ(ledger_.taken(), 0U);
  EXPECT_EQ(read_to_end(launch(6, 1).get()), "");
  EXPECT_TRUE(eventually([&] { return ledger_.taken() == 1; }));
}

TEST_P(LauncherQueueTest, AFailedLaunchComesBackWithItsConnection) {
  start({shell_service(1, "echo hello")});
  const auto client = launch(9, 2);
  const auto message = await(reactor_, MessageType::Reports);
  const auto reports = parse_as<Reports>(message.body);
  ASSERT_TRUE(reports);
  ASSERT_EQ(reports->list.size(), 1U);
  EXPECT_EQ(reports->list[0].kind, ReportKind::Failed);
  ASSERT_EQ(message.fds.size(), 1U);
  launch(10, 1, {message.fds[0].get()});
  EXPECT_TRUE(wait_readable(client.get()));
  char text[16] = "";
  EXPECT_EQ(read(client.get(), text, sizeof text), 6);
  EXPECT_EQ(text, std::string("hello\n"));
}

TEST_P(LauncherQueueTest, FailuresAmongLaunchesAreTheirOwn) {
  start({shell_service(1, "echo hello")});
  ASSERT_EQ(kill(pid_, SIGSTOP), 0);
  std::vector<UniqueFd> clients;
  for (LaunchId id = 1; id <= 12; ++id) clients.push_back(launch(id, id % 3 == 0 ? 2 : 1));
  ASSERT_EQ(kill(pid_, SIGCONT), 0);
  std::set<LaunchId> failed;
  while (failed.size() < 4) {
    const auto report = next_report();
    ASSERT_NE(report.id, 0U);
    if (report.kind == ReportKind::Failed) failed.insert(report.id);
  }
  EXPECT_EQ(failed, std::set<LaunchId>({3, 6, 9, 12}));
  for (LaunchId id = 1; id <= 12; ++id) {
    EXPECT_EQ(read_to_end(clients[id - 1].get()), id % 3 == 0 ? "" : "hello\n");
  }
}

// A reactor that dies with reports unread: the error that this leaves must not keep a launch.
TEST_P(LauncherQueueTest, NoLaunchIsRepeatedWhenTheReactorDiesWithUnreadReports) {
  start({shell_service(1, "echo hello")});
  for (int round = 0; round < 10; ++round) {
    std::vector<UniqueFd> clients;
    const auto base = static_cast<LaunchId>(round) * 100 + 1;
    for (LaunchId id = base; id < base + 20; ++id) clients.push_back(launch(id, 1));
    EXPECT_TRUE(wait_readable(clients[0].get()));
    drop_launcher_end();
    reactor_.close();
    connect_reactor();
    for (const auto& client : clients) EXPECT_EQ(read_to_end(client.get()), "hello\n");
  }
}

TEST_P(LauncherQueueTest, WithoutADescriptorALaunchWaitsInTheQueueAndIsServedLater) {
  start({shell_service(1, "echo hello")});
  EXPECT_EQ(read_to_end(launch(1, 1).get()), "hello\n");
  (void)report_of(1, ReportKind::Exited);
  set_descriptors(pid_, 3);
  const auto before = naps();
  const auto client = launch(2, 1);
  EXPECT_TRUE(eventually([&] { return naps() >= before + 2; }));  // it has looked, and sleeps again
  EXPECT_FALSE(ledger_.find(2));
  set_descriptors(pid_, 1'000);
  EXPECT_EQ(read_to_end(client.get()), "hello\n");
  EXPECT_EQ(next_report().kind, ReportKind::Started);
}

TEST_P(LauncherQueueTest, WithoutADescriptorForLongALaunchFails) {
  start({shell_service(1, "echo hello")});
  set_descriptors(pid_, 3);
  const auto client = launch(1, 1);
  expect_failed(1, EMFILE, "recvmsg");
  EXPECT_EQ(read_to_end(client.get()), "");
  set_descriptors(pid_, 1'000);
  EXPECT_EQ(read_to_end(launch(2, 1).get()), "hello\n");
}

// ---- reports ---------------------------------------------------------------------------------

TEST_P(LauncherQueueTest, ServersThatNobodyWaitsForAreReportedAllTheSame) {
  start({shell_service(1, "exit 7")});
  std::vector<UniqueFd> clients;
  for (LaunchId id = 1; id <= 40; ++id) clients.push_back(launch(id, 1));
  std::set<LaunchId> started;
  std::set<LaunchId> ended;
  while (ended.size() < 40) {
    const auto report = next_report();
    ASSERT_NE(report.id, 0U);
    if (report.kind == ReportKind::Started) {
      EXPECT_TRUE(started.insert(report.id).second);
      continue;
    }
    EXPECT_TRUE(started.contains(report.id));
    EXPECT_EQ(status_text(report.status), "7");
    EXPECT_TRUE(ended.insert(report.id).second);
  }
  EXPECT_TRUE(eventually([&] { return ledger_.entries().empty(); }));
}

TEST_P(LauncherQueueTest, TheEndOfAnOldServerIsToldWhileReportsWait) {
  start({shell_service(1, "read line"), shell_service(2, "exit 0")});
  auto old = launch(1, 1);
  (void)report_of(1, ReportKind::Started);
  const auto client = launch(2, 2);
  old.reset();
  EXPECT_EQ(report_of(1, ReportKind::Exited).id, 1U);
}

TEST_P(LauncherQueueTest, NonsenseFromTheReactorIsTheEndOfItsChannelThoughItHoldsBothEnds) {
  start({shell_service(1, "echo hello")});
  ASSERT_EQ(::send(reactor_.fd(), "nonsense on the wire", 20, 0), 20);
  EXPECT_TRUE(eventually([this] { return reactor_.receive().event == Channel::Event::Closed; }));
  connect_reactor();
  EXPECT_EQ(read_to_end(launch(1, 1).get()), "hello\n");
}

}  // namespace
}  // namespace uvinetd
