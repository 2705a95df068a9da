// SPDX-License-Identifier: ISC
#include "core/reactor/health/health_checks.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <string>
#include <vector>

#include "core/base/process.h"
#include "tests/pure/base/turning_loop.h"
#include "tests/pure/reactor/local_sockets.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr std::string_view kRequest = "GET / HTTP/1.0\r\n\r\n";
constexpr int kEndedWell = 0;
constexpr int kEndedBadly = 1 << 8;  // exit status 1, as wait(2) has it

class HealthChecksTest : public LoopTest {
 protected:
  HealthChecksTest() : listener(bound_ip_socket(SOCK_STREAM)) {
    EXPECT_EQ(listen(listener.get(), 64), 0);
    settings.cache_seconds = 5;
    settings.timeout_seconds = 10;
  }
  UniqueFd open(std::string_view request = kRequest, std::uint32_t service = 1) {
    auto client = connected_to(listener.get(), SOCK_STREAM);
    if (!request.empty()) {
      EXPECT_TRUE(send_text(client.get(), request));
    }
    UniqueFd ours(accept(listener.get(), nullptr, nullptr));
    EXPECT_TRUE(ours.is_open() && set_nonblocking(ours.get(), true));
    checks.open(service, settings, std::move(ours), *SocketAddress::local_of(client.get()));
    turn();
    return client;
  }
  bool runs(std::size_t count) {
    return turn_until([&] { return commands.size() >= count; }) && commands.size() == count;
  }
  // All that is said to a client, which then leaves; only its status line with `is_short`.
  std::string answer(const UniqueFd& client, bool is_short = true) {
    std::string got;
    turn_until([&] {
      char bytes[4096];
      const auto size = recv(client.get(), bytes, sizeof bytes, MSG_DONTWAIT);
      if (size > 0) got.append(bytes, static_cast<std::size_t>(size));
      return size == 0;
    });
    return is_short ? got.substr(0, got.find('\r')) : got;
  }

  std::vector<UniqueFd> commands;  // their ends of what they were started with
  std::size_t left = 0;            // clients
  bool starts = true;
  HealthChecks checks{loop,
                      timers,
                      {[this](std::uint32_t, UniqueFd socket) -> LaunchId {
                         if (!starts) return 0;
                         commands.push_back(std::move(socket));
                         return commands.size();
                       },
                       [this](std::uint32_t, const SocketAddress&) { ++left; }}};
  UniqueFd listener;
  HealthSettings settings;
};

TEST_F(HealthChecksTest, NobodyWhoOnlyConnectsStartsACommand) {
  const auto client = open("");
  pass(1s);
  EXPECT_TRUE(commands.empty());
  EXPECT_TRUE(send_text(client.get(), kRequest));
  EXPECT_TRUE(runs(1));
}

TEST_F(HealthChecksTest, OneThatAsksTooSlowlyHasAskedInTheEnd) {
  const auto client = open("GET ");
  pass(HealthChecks::kAskLimit + 1s);
  EXPECT_TRUE(runs(1));
  checks.on_exited(1, kEndedWell);
  EXPECT_EQ(answer(client), "HTTP/1.0 200 OK");
}

TEST_F(HealthChecksTest, ARunIsOneForAllAndItsResultCountsForAWhile) {
  const auto first = open();
  const auto second = open();
  ASSERT_TRUE(runs(1));
  EXPECT_TRUE(send_text(commands[0].get(), "fine"));
  checks.on_exited(1, kEndedWell);
  EXPECT_TRUE(answer(first, false).ends_with("\r\n\r\nfine"));
  EXPECT_TRUE(answer(second, false).ends_with("\r\n\r\nfine"));
  pass(4s);
  EXPECT_TRUE(answer(open(), false).ends_with("\r\n\r\nfine"));
  EXPECT_EQ(commands.size(), 1U);
  pass(2s);
  const auto later = open();
  EXPECT_TRUE(runs(2));
  checks.on_exited(2, kEndedBadly);
  EXPECT_EQ(answer(later), "HTTP/1.0 503 Service Unavailable");
}

TEST_F(HealthChecksTest, ServicesHaveRunsOfTheirOwn) {
  const auto first = open(kRequest, 1);
  const auto second = open(kRequest, 2);
  ASSERT_TRUE(runs(2));
  checks.on_exited(2, kEndedBadly);
  EXPECT_EQ(answer(second), "HTTP/1.0 503 Service Unavailable");
  checks.on_exited(1, kEndedWell);
  EXPECT_EQ(answer(first), "HTTP/1.0 200 OK");
}

TEST_F(HealthChecksTest, OneThatIsTooLateHasFailedAndThereIsNoOtherBesideIt) {
  const auto client = open();
  ASSERT_TRUE(runs(1));
  pass(11s);
  EXPECT_EQ(answer(client), "HTTP/1.0 503 Service Unavailable");
  pass(60s);
  EXPECT_EQ(answer(open()), "HTTP/1.0 503 Service Unavailable");
  EXPECT_EQ(commands.size(), 1U);
  checks.on_exited(1, kEndedWell);
  const auto later = open();
  EXPECT_TRUE(runs(2));
  checks.on_exited(2, kEndedWell);
  EXPECT_EQ(answer(later), "HTTP/1.0 200 OK");
}

TEST_F(HealthChecksTest, OneThatCannotBeStartedIsToldWithoutDetails) {
  starts = false;
  EXPECT_TRUE(answer(open(), false).ends_with("\r\n\r\nthe check could not be run\n"));
  starts = true;
  pass(6s);
  const auto client = open();
  ASSERT_TRUE(runs(1));
  checks.on_failed(1);
  EXPECT_TRUE(answer(client, false).ends_with("\r\n\r\nthe check could not be run\n"));
}

TEST_F(HealthChecksTest, AnUnknownEndIsNoGoodOne) {
  const auto client = open();
  ASSERT_TRUE(runs(1));
  checks.on_exited(77, kEndedWell);  // somebody else's
  turn();
  checks.on_exited(1, -1);
  EXPECT_EQ(answer(client), "HTTP/1.0 503 Service Unavailable");
}

TEST_F(HealthChecksTest, NothingIsKeptOfAServiceThatNobodyAsks) {
  auto client = open();
  ASSERT_TRUE(runs(1));
  checks.on_exited(1, kEndedWell);
  EXPECT_EQ(answer(client), "HTTP/1.0 200 OK");
  client.reset();
  EXPECT_TRUE(turn_until([&] { return left == 1; }));
  pass(6s);
  EXPECT_EQ(checks.descriptors(), 0U);
}

TEST_F(HealthChecksTest, AClientThatDoesNotLeaveIsLetGo) {
  const auto client = open();
  ASSERT_TRUE(runs(1));
  checks.on_exited(1, kEndedWell);
  EXPECT_EQ(answer(client), "HTTP/1.0 200 OK");
  EXPECT_EQ(left, 0U);
  pass(HealthChecks::kFarewellLimit + 1s);
  EXPECT_EQ(left, 1U);
}

TEST_F(HealthChecksTest, AnAgentIsToldAtOnce) {
  settings.form = HealthForm::Agent;
  const auto client = open("");
  ASSERT_TRUE(runs(1));
  EXPECT_TRUE(send_text(commands[0].get(), "75%\n"));
  checks.on_exited(1, kEndedWell);
  EXPECT_EQ(answer(client, false), "75%\n");
}

}  // namespace
}  // namespace uvinetd
