// SPDX-License-Identifier: ISC
// A real launcher in a process of its own, with the test as its monitor and its reactor.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/channel.h"
#include "core/base/process.h"
#include "spawn/launcher.h"
#include "spawn/ledger.h"
#include "spawn/reaper.h"
#include "spawn/wire.h"
#include "tests/pure/spawn/each_spawner.h"
#include "tests/pure/spawn/eventually.h"

namespace uvinetd::test {

inline constexpr std::uint32_t kIdentity = 1;

// A stream service of the ring's identity that runs a line of shell.
inline TableService shell_service(std::uint32_t key, const std::string& script) {
  TableService out;
  out.key = key;
  out.id = "service" + std::to_string(key);
  out.identity = kIdentity;
  out.socket_type = SOCK_STREAM;
  out.program = "/bin/sh";
  out.argv = {"sh", "-c", script};
  return out;
}

inline TableIdentity ring_identity(std::uint32_t key = kIdentity) {
  TableIdentity out;
  out.key = key;
  out.uid = getuid();
  out.gid = getgid();
  out.name = "tester";
  out.environment = {"PATH=/usr/bin:/bin"};
  return out;
}

inline std::pair<UniqueFd, UniqueFd> socket_pair(int type = SOCK_STREAM) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

inline bool wait_readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, static_cast<int>(deadline().count())) == 1;
}

// All until the end of file.
inline std::string read_to_end(int fd) {
  std::string out;
  char part[4096];
  while (wait_readable(fd)) {
    const auto size = read(fd, part, sizeof part);
    if (size <= 0) return out;
    out.append(part, static_cast<std::size_t>(size));
  }
  ADD_FAILURE() << "no end of file";
  return out;
}

class LauncherRing : public testing::TestWithParam<SpawnerKind> {
 protected:
  ~LauncherRing() override {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    // What it leaves behind is the init's or a subreaper's; end it all the same.
    for (const auto& entry : ledger_.entries()) {
      if (entry.child.pid > 1) kill(-entry.child.pid, SIGKILL);
    }
  }

  // Forks the launcher and waits for its Hello.
  void fork_launcher() {
    auto pair = *Channel::make_pair();
    pid_ = fork();
    if (pid_ == 0) {
      pair.first.reset();
      ignore_operator_signals();
      Launcher launcher{Channel(std::move(pair.second))};
      _exit(launcher.run());
    }
    monitor_ = Channel(std::move(pair.first));
    const auto hello = parse_as<Hello>(await(monitor_, MessageType::Hello).body);
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->role, "launcher");
    EXPECT_EQ(hello->build_id, build_id());
  }
  LauncherStart start_message() const {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    LauncherStart start;
    start.launcher = 1;
    start.identity = kIdentity;
    start.is_dumpable = true;
    start.spawner = GetParam();
    start.soft_descriptor_limit = limit.rlim_cur;
    start.hard_descriptor_limit = limit.rlim_max;
    return start;
  }
  LauncherStarted send_start(const LauncherStart& start,
                             const std::vector<TableService>& services) {
    page_ = std::move(*make_shared_page("ledger-test", kLedgerBytes));
    ledger_ = std::move(*LedgerReader::map(page_.reader.get()));
    table_ = make_table(1, services);
    send(monitor_, MessageType::LauncherStart, print(start), {table_.get(), page_.writer.get()});
    return *parse_as<LauncherStarted>(await(monitor_, MessageType::LauncherStarted).body);
  }
  static UniqueFd make_table(std::uint32_t generation, const std::vector<TableService>& services) {
    return std::move(*make_read_only_memory(
        "table-test", print_table(generation, {ring_identity(), ring_identity(2)}, services)));
  }
  // A launcher that is ready for launches.
  void start(const std::vector<TableService>& services) {
    fork_launcher();
    ASSERT_EQ(send_start(start_message(), services).code, 0);
    connect_reactor();
  }
  // A new reactor, as far as the launcher can see. Returns when it has drained the old channel.
  void connect_reactor() {
    give_reactor();
    await(monitor_, MessageType::Drained);
  }
  void give_reactor() {
    auto pair = *Channel::make_pair();
    send(monitor_, MessageType::ReactorChannel, print(Epoch{++epoch_}), {pair.first.get()});
    launcher_end_ = std::move(pair.first);
    reactor_ = Channel(std::move(pair.second));
    reports_.clear();
  }
  // The launcher then holds the only one, and its end can be seen.
  void drop_launcher_end() { launcher_end_.reset(); }

  static void send(Channel& channel, MessageType type, const std::string& body,
                   const std::vector<int>& fds = {}) {
    const auto sent = channel.send(static_cast<std::uint16_t>(type), body, fds);
    EXPECT_TRUE(sent) << sent.error().text();
  }
  void launch(LaunchId id, std::uint32_t service, const std::vector<int>& fds) {
    send(reactor_, MessageType::Launch, print(Launch{id, service, service * 10}), fds);
  }
  // A launch of a new connection; the client's end.
  UniqueFd launch(LaunchId id, std::uint32_t service) {
    auto [client, server] = socket_pair();
    launch(id, service, {server.get()});
    return std::move(client);
  }

  // The next message of this type; others before it are thrown away.
  static Message await(Channel& channel, MessageType type) {
    for (;;) {
      auto received = channel.receive();
      if (received.event == Channel::Event::Message) {
        if (received.message.type == static_cast<std::uint16_t>(type)) {
          return std::move(received.message);
        }
      } else if (received.event != Channel::Event::Nothing || !wait_readable(channel.fd())) {
        ADD_FAILURE() << "no message of type " << static_cast<int>(type);
        return {};
      }
    }
  }
  Report next_report() {
    while (reports_.empty()) {
      const auto reports = parse_as<Reports>(await(reactor_, MessageType::Reports).body);
      if (!reports) {
        ADD_FAILURE() << "no report";
        return {};
      }
      reports_.insert(reports_.end(), reports->list.begin(), reports->list.end());
    }
    auto report = reports_.front();
    reports_.pop_front();
    return report;
  }
  // The next report of this launch, of this kind.
  Report report_of(LaunchId id, ReportKind kind) {
    for (auto report = next_report();; report = next_report()) {
      if (report.id == id && report.kind == kind) return report;
      if (report.id == 0) return report;
    }
  }
  void expect_failed(LaunchId id, int code, const std::string& step) {
    const auto report = next_report();
    EXPECT_EQ(report.kind, ReportKind::Failed);
    EXPECT_EQ(report.id, id);
    EXPECT_EQ(report.code, code);
    EXPECT_EQ(report.step, step);
  }
  // Its exit status, as waitpid(2) gives it.
  int wait_for_end() {
    int status = -1;
    EXPECT_TRUE(eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }));
    pid_ = -1;
    return status;
  }
  [[nodiscard]] bool is_running() const { return waitpid(pid_, nullptr, WNOHANG) == 0; }
  [[nodiscard]] std::size_t count(SlotState state) const {
    std::size_t count = 0;
    for (const auto& entry : ledger_.entries()) count += entry.state == state ? 1 : 0;
    return count;
  }

  pid_t pid_ = -1;
  Channel monitor_;
  Channel reactor_;
  UniqueFd launcher_end_;
  SharedPage page_;
  LedgerReader ledger_;
  UniqueFd table_;
  std::uint32_t epoch_ = 0;
  std::deque<Report> reports_;
};

}  // namespace uvinetd::test
