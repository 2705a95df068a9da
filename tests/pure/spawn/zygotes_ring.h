// SPDX-License-Identifier: ISC
// The zygotes of a launcher, with a program that does as a test says, and clients.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "spawn/reaper.h"
#include "spawn/zygotes.h"
#include "tests/pure/spawn/eventually.h"
#include "tests/pure/spawn/scripted_zygote.h"

namespace uvinetd::test {

class ZygotesRing : public testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::temp_directory_path() / ("zygotes-test-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory_);
    program_ = directory_ / "server";
    library_ = directory_ / "library.so";
    std::filesystem::copy_file("/bin/true", program_,
                               std::filesystem::copy_options::overwrite_existing);
    std::ofstream(library_) << "x";
  }
  void TearDown() override {
    zygotes_.reset();
    std::filesystem::remove_all(directory_);
    for (const auto pid : children()) ::kill(pid, SIGKILL);
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
  }

  // A service whose zygotes do as the script says.
  void begin(ScriptedSpawner::Script script, WarmStart warm = {}) {
    spawner_.emplace(std::move(script));
    TableService service;
    service.key = 5;
    service.socket_type = SOCK_STREAM;
    service.program = program_;
    service.argv = {"server"};
    warm.is_wanted = true;
    service.warm.edit() = warm;
    plan_.emplace(service, TableIdentity{});
    Zygotes::Callbacks callbacks;
    callbacks.is_server = [this](pid_t pid) {
      return std::any_of(born_.begin(), born_.end(),
                         [&](const auto& each) { return each.second == pid; }) &&
             !exits_.contains(pid);
    };
    callbacks.on_born = [this](const WarmLaunch& launch, pid_t pid) {
      born_.emplace(launch.launch.id, pid);
    };
    callbacks.on_unborn = [this](WarmLaunch launch) { unborn_.push_back(std::move(launch)); };
    callbacks.on_cold = [this](std::uint32_t key, std::string reason) {
      EXPECT_EQ(key, 5U);
      told_.push_back(std::move(reason));
    };
    zygotes_.emplace(*spawner_, library_, std::move(callbacks));
  }

  // The answer, and in `clients_` the other end of the connection.
  Zygotes::Answer::Kind launch(LaunchId id, int family = AF_UNIX) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    clients_[id] = UniqueFd(ends[0]);
    WarmLaunch warm{Launch{id, 5, 1}, 0, UniqueFd(ends[1]), false};
    ConnectionEnvironment connection;
    connection.set(SOCK_STREAM, *SocketAddress::parse_ip("127.0.0.1", 79),
                   *SocketAddress::parse_ip("192.0.2.7", static_cast<std::uint16_t>(1000 + id)));
    const auto answer = zygotes_->serve(*plan_, warm, connection, family, -1, now());
    if (answer.kind == Zygotes::Answer::Kind::Serving) born_.emplace(id, answer.pid);
    EXPECT_EQ(warm.connection.is_open(), answer.kind != Zygotes::Answer::Kind::Asked);
    return answer.kind;
  }
  // Exec'd as the first one is, and the zygote it has started is parked.
  void park() {
    ASSERT_EQ(launch(1), Zygotes::Answer::Kind::Exec);
    ASSERT_TRUE(eventually([&] { return collect(), is_parked(); }));
  }
  // By what a launch gets: true once it is not Exec.
  bool is_parked() {
    std::vector<int> fds;
    std::optional<std::chrono::nanoseconds> until;
    zygotes_->wakers(fds, until, now() + std::chrono::seconds(1));
    return fds.empty();  // neither does one start nor is a child on its way
  }
  void collect() {
    zygotes_->collect(now());
    while (const auto exit = reap_one()) {
      exits_.emplace(exit->pid, exit->status);
      zygotes_->collect(now(), exit->pid);
      (void)zygotes_->on_exit(exit->pid, exit->status, now());
    }
  }
  [[nodiscard]] std::chrono::nanoseconds now() const { return monotonic_now() + skipped_; }

  // By age, as far as pids tell it.
  [[nodiscard]] static std::set<pid_t> children() {
    std::set<pid_t> out;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream list(each.path() / "children");
      for (pid_t pid = 0; list >> pid;) out.insert(pid);
    }
    return out;
  }

  std::string read_all(LaunchId id) {
    std::string out;
    char byte = 0;
    while (::read(clients_[id].get(), &byte, 1) == 1) out += byte;
    return out;
  }
  // The client of this launch is served, by a child of this process that is known and is reaped.
  void expect_served(LaunchId id) {
    EXPECT_THAT(read_all(id),
                testing::HasSubstr("TCPREMOTEPORT=" + std::to_string(1000 + id) + "\n"));
    EXPECT_TRUE(eventually([&] { return collect(), born_.contains(id); })) << id;
    EXPECT_TRUE(eventually([&] { return collect(), exits_.contains(born_[id]); })) << id;
    EXPECT_EQ(exits_[born_[id]], 7 << 8);
  }
  // So many more launches, all of them served warm.
  void use(std::uint32_t times) {
    for (LaunchId id = 100; id < 100 + times; ++id) {
      ASSERT_EQ(launch(id), Zygotes::Answer::Kind::Asked) << id;
      expect_served(id);
    }
  }
  void replace_program() {
    std::filesystem::copy_file("/bin/false", directory_ / "new");
    std::filesystem::rename(directory_ / "new", program_);
  }
  // What a start had in its environment for the library, without the build.
  std::string wish(std::size_t start) {
    const std::string name = "UVINETD_ZYGOTE=";
    for (const auto& variable : spawner_->environments.at(start)) {
      if (variable.starts_with(name)) {
        return variable.substr(name.size(), variable.rfind(' ') - name.size());
      }
    }
    return {};
  }
  void expect_unborn(LaunchId id) {
    const auto has_come_back = [&] {
      collect();
      return std::any_of(unborn_.begin(), unborn_.end(), [&](const WarmLaunch& warm) {
        return warm.launch.id == id && warm.connection.is_open();
      });
    };
    EXPECT_TRUE(eventually(has_come_back)) << id;
    EXPECT_FALSE(born_.contains(id));
  }

  std::filesystem::path directory_;
  std::string program_;
  std::string library_;
  std::optional<ScriptedSpawner> spawner_;
  std::optional<LaunchPlan> plan_;
  std::optional<Zygotes> zygotes_;
  std::chrono::nanoseconds skipped_{0};
  std::map<LaunchId, UniqueFd> clients_;
  std::map<LaunchId, pid_t> born_;
  std::map<pid_t, int> exits_;
  std::vector<WarmLaunch> unborn_;
  std::vector<std::string> told_;
};

}  // namespace uvinetd::test
