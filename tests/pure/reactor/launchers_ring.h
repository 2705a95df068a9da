// SPDX-License-Identifier: ISC
// The reactor's launchers with all that they say written down, and a loop that the test turns.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/reactor/launchers.h"
#include "tests/pure/reactor/fake_launcher.h"
#include "tests/pure/reactor/local_sockets.h"
#include "tests/pure/reactor/skipped_time.h"

namespace uvinetd::test {

inline constexpr std::uint32_t kIdentity = 7;
inline constexpr std::size_t kProcessors = 2;

class LaunchersRing : public testing::Test {
 protected:
  LaunchersRing()
      : launchers(loop, timers,
                  {[this](Report& report, std::optional<InFlight> launch) {
                     events.push_back("report " + std::to_string(report.id) +
                                      (launch ? "" : " of nobody"));
                     answered = std::move(launch);
                   },
                   [this](InFlight launch, Settled settled, std::int32_t pid) {
                     static const char* const kNames[] = {"never", "running", "unknown"};
                     events.push_back("settled " + std::to_string(launch.id) + " " +
                                      kNames[static_cast<int>(settled)] +
                                      (pid != 0 ? " " + std::to_string(pid) : ""));
                     if (launch.copy.is_open()) taken_back.insert(launch.id);
                     answered = std::move(launch);
                   },
                   [this](std::uint32_t identity) {
                     events.push_back("room " + std::to_string(identity));
                     if (on_room) on_room();
                   },
                   [this](MessageType type, const std::string& body) { on_monitor(type, body); }},
                  kProcessors) {
    launchers.start_reading();
  }

  void on_monitor(MessageType type, const std::string& body) {
    if (type == MessageType::NeedLauncher) {
      events.push_back("need " + std::to_string(parse_as<NeedLauncher>(body)->identity));
      return;
    }
    const auto number = *parse_as<LauncherNumber>(body);
    const std::string name = type == MessageType::StuckLauncher    ? "stuck "
                             : type == MessageType::RetireLauncher ? "retire "
                                                                   : "? ";
    events.push_back(name + std::to_string(number.launcher) + (number.is_final ? " kill" : ""));
  }
  // Its queue keeps nothing: the reactor keeps copies of the connections.
  FakeLauncher join(std::uint32_t id, std::uint32_t identity = kIdentity) {
    return join(id, identity, false);
  }
  FakeLauncher join_with_queue(std::uint32_t id) { return join(id, kIdentity, true); }
  FakeLauncher join(std::uint32_t id, std::uint32_t identity, bool keeps_queue) {
    UniqueFd end;
    FakeLauncher out(end);
    launchers.join(id, identity, std::move(end), keeps_queue ? out.queue() : UniqueFd(),
                   std::move(*LedgerReader::map(out.page.reader.get())));
    return out;
  }
  bool submit(LaunchId id, std::uint32_t identity = kIdentity) {
    return submit_connection(id, UniqueFd(dup(socket.get())), identity);
  }
  bool submit_connection(LaunchId id, UniqueFd connection, std::uint32_t identity = kIdentity) {
    InFlight launch;
    launch.id = id;
    launch.identity = identity;
    launch.is_connection = true;
    launch.copy = std::move(connection);
    return launchers.submit(launch, launch.copy.get());
  }
  // Turns of the loop until nothing is left to do at once.
  void turn(int times = 5) {
    for (int i = 0; i < times; ++i) uv_run(loop.get(), UV_RUN_NOWAIT);
  }
  void pass(std::chrono::milliseconds time) {
    skip_time(time);
    turn();
  }
  std::vector<std::string> take_events() { return std::exchange(events, {}); }

  Loop loop;
  Timers timers{loop};
  UniqueFd socket{make_socket(AF_INET, SOCK_STREAM)};
  std::vector<std::string> events;
  std::optional<InFlight> answered;
  std::set<LaunchId> taken_back;  // settled with their connections
  std::function<void()> on_room;
  Launchers launchers;
};

}  // namespace uvinetd::test
