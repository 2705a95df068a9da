// SPDX-License-Identifier: ISC
// The launcher's wait servers, and its own end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/pure/spawn/launcher_ring.h"

namespace uvinetd {
namespace {

using namespace test;

class LauncherEndTest : public LauncherRing {};
INSTANTIATE_TEST_SUITE_P(Each, LauncherEndTest, each_spawner(), spawner_name);

constexpr const char* kUntilEof = "exec cat >/dev/null";

// ---- wait servers ----------------------------------------------------------------------------

class LingeringTest : public LauncherRing {
 protected:
  LingeringTest() {
    char name[] = "/tmp/uvinetd-test-XXXXXX";
    directory = mkdtemp(name);
    fifo = directory + "/fifo";
    EXPECT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  }
  ~LingeringTest() override { std::filesystem::remove_all(directory); }
  // A server whose parent exits while its child goes on until the FIFO's writer is gone.
  [[nodiscard]] TableService forking_server() const {
    auto service = shell_service(1, "cat " + fifo + " >/dev/null & exit 4");
    service.is_wait = true;
    return service;
  }
  std::string directory, fifo;
};
INSTANTIATE_TEST_SUITE_P(Each, LingeringTest, each_spawner(), spawner_name);

TEST_P(LingeringTest, AServerThatForkedGoesOnServingUntilItsChildEnds) {
  start({forking_server()});
  const auto [a, b] = socket_pair();
  launch(1, 1, {a.get()});
  UniqueFd writer(open(fifo.c_str(), O_WRONLY | O_CLOEXEC));  // until the child reads
  ASSERT_TRUE(writer.is_open());
  EXPECT_TRUE(eventually([&] { return count(SlotState::Lingering) == 1; }));
  EXPECT_EQ(report_of(1, ReportKind::Started).id, 1U);
  EXPECT_EQ(reactor_.receive().event, Channel::Event::Nothing);
  writer.reset();
  const auto report = next_report();
  EXPECT_EQ(report.kind, ReportKind::Exited);
  EXPECT_EQ(status_text(report.status), "4");  // the parent's
  EXPECT_TRUE(eventually([&] { return ledger_.entries().empty(); }));
}

TEST_P(LingeringTest, ANowaitServerThatForkedIsDoneWithItsParent) {
  auto service = forking_server();
  service.is_wait = false;
  start({service});
  const auto client = launch(1, 1);
  const UniqueFd writer(open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(status_text(report_of(1, ReportKind::Exited).status), "4");
}

TEST_P(LingeringTest, TheEndOfWaitServersReachesALingeringOneAndNoOther) {
  start({forking_server(), shell_service(2, kUntilEof)});
  const auto [a, b] = socket_pair();
  launch(1, 1, {a.get()});
  auto client = launch(2, 2);
  (void)report_of(2, ReportKind::Started);
  const UniqueFd writer(open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
  EXPECT_TRUE(eventually([&] { return count(SlotState::Lingering) == 1; }));
  send(monitor_, MessageType::StopLauncher, print(StopLauncher{StopHow::EndWaitServers}));
  EXPECT_EQ(report_of(1, ReportKind::Exited).id, 1U);
  EXPECT_EQ(count(SlotState::Running), 1U);
  client.reset();
  EXPECT_EQ(status_text(report_of(2, ReportKind::Exited).status), "0");
}

// ---- the end ---------------------------------------------------------------------------------

TEST_P(LauncherEndTest, LeavesAtOnceWhenToldAndItsChildrenLiveOn) {
  start({shell_service(1, "read line; echo $line")});
  const auto client = launch(1, 1);
  (void)report_of(1, ReportKind::Started);
  send(monitor_, MessageType::StopLauncher, print(StopLauncher{StopHow::LeaveNow}));
  EXPECT_EQ(wait_for_end(), 0);
  EXPECT_EQ(count(SlotState::Running), 1U);
  ASSERT_EQ(write(client.get(), "alive\n", 6), 6);
  EXPECT_EQ(read_to_end(client.get()), "alive\n");
}

TEST_P(LauncherEndTest, EndsItsChildrenAsItIsTold) {
  start({shell_service(1, kUntilEof), shell_service(2, "trap '' TERM; echo deaf; read line")});
  const auto client = launch(1, 1);
  const auto deaf = launch(2, 2);
  ASSERT_TRUE(wait_readable(deaf.get()));
  (void)report_of(1, ReportKind::Started);
  send(monitor_, MessageType::StopLauncher, print(StopLauncher{StopHow::TerminateAll}));
  EXPECT_EQ(status_text(report_of(1, ReportKind::Exited).status), "signal:15");
  EXPECT_EQ(count(SlotState::Running), 1U);
  send(monitor_, MessageType::StopLauncher, print(StopLauncher{StopHow::KillAll}));
  EXPECT_EQ(status_text(report_of(2, ReportKind::Exited).status), "signal:9");
  EXPECT_TRUE(is_running());
}

TEST_P(LauncherEndTest, AStopThatIsNoneIsIgnored) {
  start({shell_service(1, "echo hello")});
  send(monitor_, MessageType::StopLauncher, "\x09");
  send(monitor_, static_cast<MessageType>(999), "of a later version");
  EXPECT_EQ(read_to_end(launch(1, 1).get()), "hello\n");
}

TEST_P(LauncherEndTest, WithoutAMonitorItServesItsReactorAndEndsAfterItsLastChild) {
  start({shell_service(1, "read line; echo $line")});
  drop_launcher_end();
  const auto first = launch(1, 1);
  (void)report_of(1, ReportKind::Started);
  monitor_.close();
  const auto second = launch(2, 1);
  (void)report_of(2, ReportKind::Started);
  ASSERT_EQ(write(first.get(), "first\n", 6), 6);
  EXPECT_EQ(read_to_end(first.get()), "first\n");
  (void)report_of(1, ReportKind::Exited);
  reactor_.close();
  EXPECT_TRUE(is_running());
  ASSERT_EQ(write(second.get(), "second\n", 7), 7);
  EXPECT_EQ(read_to_end(second.get()), "second\n");
  EXPECT_EQ(wait_for_end(), 0);
  EXPECT_EQ(count(SlotState::Running), 0U);
}

TEST_P(LauncherEndTest, NonsenseFromTheMonitorIsTheEndOfTheMonitor) {
  start({});
  ASSERT_EQ(::send(monitor_.fd(), "nonsense on the wire", 20, 0), 20);
  drop_launcher_end();
  reactor_.close();
  EXPECT_EQ(wait_for_end(), 0);
}

}  // namespace
}  // namespace uvinetd
