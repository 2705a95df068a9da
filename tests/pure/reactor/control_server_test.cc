// SPDX-License-Identifier: ISC
#include "core/reactor/control/control_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "core/base/process.h"
#include "core/reactor/control/each_text.h"
#include "tests/pure/base/turning_loop.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using namespace test;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Host final : public ControlHost {
 public:
  std::unique_ptr<TextSource> answer(const ControlRequest& request) override {
    if (!only_reads(request.verb)) return nullptr;
    std::vector<int> keys(static_cast<std::size_t>(lines));
    std::iota(keys.begin(), keys.end(), 0);
    return std::make_unique<EachText<int>>(
        std::move(keys),
        [this](int key, std::string& out) {
          ++pieces_made;
          out += reply_line("line", key);
        },
        reply_end());
  }
  void ask_monitor(std::uint64_t ticket, const std::string&) override { asked.push_back(ticket); }
  std::string complete(const ControlRequest&, std::string line) override { return line; }
  void listen(bool on) override { listens = on; }
  void on_dropped(std::uint64_t missed) override { dropped.push_back(missed); }

  int lines = 2;
  int pieces_made = 0;
  bool listens = false;
  std::vector<std::uint64_t> asked;
  std::vector<std::uint64_t> dropped;
};

class ControlServerTest : public LoopTest {
 protected:
  ControlServerTest() {
    UniqueFd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // An abstract name of the kernel's choice.
    address_.sun_family = AF_UNIX;
    EXPECT_EQ(bind(listener.get(), address(), sizeof(sa_family_t)), 0);
    EXPECT_EQ(getsockname(listener.get(), address(), &size_), 0);
    EXPECT_EQ(listen(listener.get(), 100), 0);
    server.open(std::move(listener), rules());
  }
  static ControlSocket rules() {
    ControlSocket out;
    out.owner = geteuid();
    return out;
  }
  sockaddr* address() { return reinterpret_cast<sockaddr*>(&address_); }

  UniqueFd connect_one() {
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(fd.get(), address(), size_), 0);
    (void)set_nonblocking(fd.get(), true);
    return fd;
  }
  static void say(const UniqueFd& fd, std::string_view text) {
    EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  // All that comes until it is enough, or the connection ends ("EOF").
  std::string hear_until(const UniqueFd& fd,
                         const std::function<bool(const std::string&)>& is_enough) {
    std::string out;
    (void)turn_until([&] {
      char bytes[65536];
      const auto got = recv(fd.get(), bytes, sizeof bytes, 0);
      if (got > 0) out.append(bytes, static_cast<std::size_t>(got));
      if (got == 0) out += "EOF";
      return got == 0 || is_enough(out);
    });
    return out;
  }
  // Until a last line.
  std::string hear(const UniqueFd& fd) {
    return hear_until(fd, [](const std::string& out) {
      const bool has_error = out.find("\"error\"") != std::string::npos && out.ends_with("\n");
      return has_error || out.ends_with("\"end\":true}\n");
    });
  }
  std::string hear_lines(const UniqueFd& fd, std::ptrdiff_t count) {
    return hear_until(fd, [count](const std::string& out) {
      return std::count(out.begin(), out.end(), '\n') == count;
    });
  }
  std::string hear_word(const UniqueFd& fd, std::string_view word) {
    return hear_until(fd, [word](const std::string& out) {
      return out.find(word) != std::string::npos && out.ends_with("\n");
    });
  }
  static constexpr std::string_view kList = "{\"uvinetd\":1,\"verb\":\"list\"}\n";
  static constexpr std::string_view kReload = "{\"uvinetd\":1,\"verb\":\"reload\"}\n";
  static constexpr std::string_view kTail = "{\"uvinetd\":1,\"verb\":\"tail\"}\n";

  sockaddr_un address_{};
  socklen_t size_ = sizeof address_;
  Host host;
  ControlServer server{loop, timers, host};
};

TEST_F(ControlServerTest, AnswersOneRequestAfterTheOther) {
  const auto client = connect_one();
  say(client, kList);
  EXPECT_EQ(hear(client), "{\"line\":0}\n{\"line\":1}\n{\"end\":true}\n");
  host.lines = 1;
  say(client, kList);
  EXPECT_EQ(hear(client), "{\"line\":0}\n{\"end\":true}\n");
}

TEST_F(ControlServerTest, WhatIsAskedAtOnceIsAnsweredInTurn) {
  const auto client = connect_one();
  host.lines = 1;
  const int count = 50;
  std::string all;
  for (int i = 0; i < count; ++i) all += kList;
  say(client, all);
  const std::string one = "{\"line\":0}\n{\"end\":true}\n";
  std::string wanted;
  for (int i = 0; i < count; ++i) wanted += one;
  EXPECT_EQ(hear_lines(client, 2 * count), wanted);
}

TEST_F(ControlServerTest, OneThatHasSaidAllIsAnsweredStill) {
  const auto client = connect_one();
  say(client, kList);
  shutdown(client.get(), SHUT_WR);
  EXPECT_THAT(hear(client), EndsWith("{\"end\":true}\n"));
  EXPECT_THAT(hear(client), "EOF");
}

TEST_F(ControlServerTest, ALongAnswerIsMadeAsItIsTaken) {
  host.lines = 500'000;
  const auto client = connect_one();
  say(client, kList);
  EXPECT_TRUE(turn_until([&] { return host.pieces_made > 0; }));
  for (int i = 0; i < 100; ++i) turn();
  EXPECT_LT(host.pieces_made, 100'000);
  const auto quick = connect_one();
  host.lines = 1;
  say(quick, kList);
  EXPECT_THAT(hear(quick), EndsWith("{\"end\":true}\n"));
  EXPECT_THAT(hear(client), EndsWith("{\"line\":499999}\n{\"end\":true}\n"));
}

TEST_F(ControlServerTest, NonsenseEndsTheConnection) {
  const auto client = connect_one();
  say(client, "GET / HTTP/1.1\n");
  EXPECT_THAT(hear(client), HasSubstr("malformed"));
  EXPECT_EQ(hear(client), "EOF");
  EXPECT_EQ(server.count(), 0U);
}

TEST_F(ControlServerTest, ALineWithoutEndIsCutOff) {
  const auto client = connect_one();
  const std::string some(40'000, 'x');
  say(client, some);
  turn();
  EXPECT_EQ(server.count(), 1U);
  say(client, some);
  EXPECT_THAT(hear(client), HasSubstr("64 KiB"));
  EXPECT_TRUE(turn_until([&] { return server.count() == 0; }));
}

TEST_F(ControlServerTest, SilenceAndNotReadingAreLimited) {
  const auto silent = connect_one();
  const auto half = connect_one();
  say(half, "{\"uvinetd\"");
  host.lines = 500'000;
  const auto deaf = connect_one();
  say(deaf, kList);
  EXPECT_TRUE(turn_until([&] { return server.count() == 3 && host.pieces_made > 0; }));
  pass(ControlServer::kWriteLimit + 1s);
  EXPECT_TRUE(turn_until([&] { return server.count() == 2; }));
  pass(ControlServer::kIdleLimit + 1s);
  EXPECT_TRUE(turn_until([&] { return server.count() == 0; }));
}

TEST_F(ControlServerTest, WhatChangesSomethingIsTheMonitors) {
  const auto client = connect_one();
  say(client, kReload);
  EXPECT_TRUE(turn_until([&] { return host.asked.size() == 1; }));
  server.told({host.asked[0] + 1, true, "{\"end\":true}\n"});  // nobody's
  server.told({host.asked[0], false, "{\"reload\":{}}\n"});
  server.told({host.asked[0], true, "{\"end\":true}\n"});
  EXPECT_EQ(hear(client), "{\"reload\":{}}\n{\"end\":true}\n");
}

TEST_F(ControlServerTest, AnAnswerForOneThatHasGoneIsNobodys) {
  auto client = connect_one();
  say(client, kReload);
  EXPECT_TRUE(turn_until([&] { return host.asked.size() == 1; }));
  client.reset();
  server.told({host.asked[0], true, "{\"end\":true}\n"});
  EXPECT_TRUE(turn_until([&] { return server.count() == 0; }));
  server.told({host.asked[0], true, "{\"end\":true}\n"});
}

TEST_F(ControlServerTest, ListenersHearWhatTheyAskedFor) {
  EXPECT_FALSE(server.has_listeners());
  const auto all = connect_one();
  const auto some = connect_one();
  say(all, kTail);
  say(some, "{\"uvinetd\":1,\"verb\":\"tail\",\"ids\":[\"b\"],\"events\":[\"refuse\"]}\n");
  EXPECT_TRUE(turn_until([&] { return server.count() == 2 && server.has_listeners(); }));
  EXPECT_TRUE(host.listens);
  for (int i = 0; i < 10; ++i) turn();
  server.publish(Event(LogLevel::Info, "start").add("id", "b").add("pid", 7));
  server.publish(Event(LogLevel::Warning, "refuse").add("id", "a"));
  server.publish(Event(LogLevel::Warning, "refuse").add("id", "b").add("reason", "access"));
  const auto first = nlohmann::json::parse(hear_lines(some, 1))["event"];
  EXPECT_EQ(first["event"], "refuse");
  EXPECT_EQ(first["id"], "b");
  EXPECT_EQ(first["level"], "warning");
  EXPECT_EQ(first["reason"], "access");
  EXPECT_THAT(hear_lines(all, 3), HasSubstr("\"pid\":7"));
}

TEST_F(ControlServerTest, AListenerThatIsSlowHearsHowMuchItMissed) {
  const auto client = connect_one();
  say(client, kTail);
  EXPECT_TRUE(turn_until([&] { return server.has_listeners(); }));
  const int count = 20'000;
  for (int i = 0; i < count; ++i) {
    server.publish(Event(LogLevel::Info, "start").add("id", "a").add("number", i));
  }
  const auto heard = hear_word(client, "\"missed\"");
  const auto events = std::count(heard.begin(), heard.end(), '\n') - 1;
  EXPECT_THAT(heard, EndsWith("{\"missed\":" + std::to_string(count - events) + "}\n"));
  server.publish(Event(LogLevel::Info, "exit").add("id", "a"));
  EXPECT_THAT(hear_word(client, "\"exit\""), HasSubstr("\"exit\""));
}

TEST_F(ControlServerTest, AListenerThatDoesNotReadIsLetGo) {
  const auto client = connect_one();
  say(client, kTail);
  EXPECT_TRUE(turn_until([&] { return server.has_listeners(); }));
  for (int i = 0; i < 50'000; ++i) {
    server.publish(Event(LogLevel::Info, "start").add("id", "a").add("number", i));
    if (i % 1'000 == 0) turn();
  }
  EXPECT_THAT(host.dropped, IsEmpty());
  pass(ControlServer::kWriteLimit + 1s);
  EXPECT_TRUE(turn_until([&] { return server.count() == 0; }));
  ASSERT_THAT(host.dropped, SizeIs(1));
  EXPECT_GT(host.dropped[0], 40'000U);
  EXPECT_FALSE(server.has_listeners());
  EXPECT_FALSE(host.listens);
}

TEST_F(ControlServerTest, WhatAListenerSaysIsNotKept) {
  const auto client = connect_one();
  say(client, kTail);
  EXPECT_TRUE(turn_until([&] { return server.has_listeners(); }));
  const std::string some(16'000, 'x');
  for (int i = 0; i < 1'000; ++i) {
    say(client, some);
    turn();
  }
  EXPECT_EQ(server.count(), 1U);
  server.publish(Event(LogLevel::Info, "exit").add("id", "a"));
  EXPECT_THAT(hear_word(client, "\"exit\""), HasSubstr("\"exit\""));
}

// Each is answered with an error at once, so that nothing but the room for output bounds them.
TEST_F(ControlServerTest, OneWhoAsksOnAndOnAndNeverReadsIsNotReadEither) {
  const auto client = connect_one();
  std::size_t sent = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto put = send(client.get(), "{}\n{}\n{}\n{}\n", 12, MSG_NOSIGNAL);
    if (put > 0) sent += static_cast<std::size_t>(put);
    turn();
    if (put < 0) break;
  }
  EXPECT_LT(sent, 1'000'000U);
  EXPECT_EQ(server.count(), 1U);
}

TEST_F(ControlServerTest, AWholeLineThatIsTooLongIsRefusedToo) {
  const auto client = connect_one();
  std::string line(kLongestControlRequest + 10, ' ');
  for (std::size_t at = 0; at < line.size(); at += 16'000) {
    say(client, std::string_view(line).substr(at, 16'000));
    turn();
  }
  (void)send(client.get(), "\n", 1, MSG_NOSIGNAL);
  EXPECT_THAT(hear(client), HasSubstr("malformed"));
}

TEST_F(ControlServerTest, ARequestHasItsOwnTimeHoweverLongNobodyAsked) {
  const auto client = connect_one();
  EXPECT_TRUE(turn_until([&] { return server.count() == 1; }));
  pass(ControlServer::kIdleLimit - 1s);
  say(client, kReload);
  EXPECT_TRUE(turn_until([&] { return host.asked.size() == 1; }));
  pass(ControlServer::kMonitorLimit - 1s);
  EXPECT_EQ(server.count(), 1U);
  server.told({host.asked[0], true, "{\"end\":true}\n"});
  EXPECT_EQ(hear(client), "{\"end\":true}\n");
}

TEST_F(ControlServerTest, AListenerMayWaitForLong) {
  const auto client = connect_one();
  say(client, kTail);
  EXPECT_TRUE(turn_until([&] { return server.has_listeners(); }));
  pass(ControlServer::kIdleLimit * 10);
  EXPECT_EQ(server.count(), 1U);
}

TEST_F(ControlServerTest, TooManyAreTurnedAway) {
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < ControlServer::kMostClients; ++i) clients.push_back(connect_one());
  EXPECT_TRUE(turn_until([&] { return server.count() == ControlServer::kMostClients; }));
  const auto late = connect_one();
  EXPECT_THAT(hear(late), HasSubstr("busy"));
  clients.pop_back();
  EXPECT_TRUE(turn_until([&] { return server.count() < ControlServer::kMostClients; }));
  const auto next = connect_one();
  say(next, kList);
  EXPECT_THAT(hear(next), EndsWith("{\"end\":true}\n"));
}

}  // namespace
}  // namespace uvinetd
