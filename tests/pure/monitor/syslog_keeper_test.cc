// SPDX-License-Identifier: ISC
// The monitor's side of a syslog service, with a server that is played by the test.
#include "core/monitor/syslog_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/base/shared_memory.h"
#include "tests/pure/base/turning_loop.h"
#include "tests/pure/monitor/sockets_of_tests.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Type = SyslogMessageType;

template <typename T>
T body_of(const Message& message) {
  return parse_as<T>(message.body).value();
}

class SyslogKeeperTest : public LoopTest {
 protected:
  // One service with these files, under the identity 7.
  void want(const std::vector<std::string>& files, std::uint64_t rotate_size = 0) {
    LoadedService service;
    service.spec.id = "syslog";
    auto& setup = service.syslog.edit();
    setup.host = "here";
    setup.settings.rotate_size = rotate_size;
    setup.settings.rotate_count = 2;
    for (const auto& file : files) {
      SyslogAction action;
      action.kind = SyslogActionKind::File;
      action.path = file;
      action.place = "syslog.conf:1";
      setup.rules.actions.push_back(action);
    }
    if (!users.empty()) {
      SyslogAction action;
      action.kind = SyslogActionKind::Users;
      action.users = users;
      setup.rules.actions.push_back(action);
    }
    keeper.want({service});
    keeper.place({{7, {SyslogKeeper::channel_name("syslog")}}});
  }
  // A server starts: it gets the channel that launchers have now.
  void start_server() {
    const auto files = keeper.of(7);
    ASSERT_THAT(files, SizeIs(1));
    server = Channel(UniqueFd(::dup(files[0].second)));
    say(Type::Hello, print(SyslogHello{kSyslogWireVersion, "", getpid()}));
  }
  void say(Type type, const std::string& body) {
    ASSERT_TRUE(server.send(static_cast<std::uint16_t>(type), body));
  }
  // What the server is told until it may use it.
  std::vector<Message> heard() {
    std::vector<Message> out;
    (void)turn_until([&] {
      for (auto got = server.receive(); got.event == Channel::Event::Message;
           got = server.receive()) {
        out.push_back(std::move(got.message));
      }
      return !out.empty() && static_cast<Type>(out.back().type) == Type::Use;
    });
    return out;
  }
  std::vector<Message> nothing_more() {
    std::vector<Message> out;
    for (int i = 0; i < 5; ++i) {
      turn();
      for (auto got = server.receive(); got.event == Channel::Event::Message;
           got = server.receive()) {
        out.push_back(std::move(got.message));
      }
    }
    return out;
  }
  void used(const std::vector<Message>& told) { say(Type::Used, told.back().body); }
  static std::vector<Type> types(const std::vector<Message>& told) {
    std::vector<Type> out;
    for (const auto& each : told) out.push_back(static_cast<Type>(each.type));
    return out;
  }
  static void write(const Message& target, const std::string& text) {
    ASSERT_EQ(target.fds.size(), 1U);
    ASSERT_EQ(::write(target.fds[0].get(), text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }
  std::string text_in(const char* name) const {
    std::ifstream file(directory.file(name));
    std::stringstream out;
    out << file.rdbuf();
    return out.str();
  }

  TemporaryDirectory directory;
  std::vector<std::string> users;  // whom a rule names
  Log log;
  int changes = 0;
  SyslogKeeper keeper{loop, timers, log, [this] { ++changes; }};
  Channel server;
};

TEST_F(SyslogKeeperTest, AServerIsToldItsRulesAndWhatItWritesTo) {
  want({directory.file("a"), directory.file("none/b")});
  start_server();
  const auto told = heard();
  ASSERT_THAT(types(told), ElementsAre(Type::Setup, Type::Target, Type::Target, Type::Use));
  const auto memory = map_read_only(told[0].fds.at(0).get(), 1);
  ASSERT_TRUE(memory);
  const auto setup = parse_syslog_setup(memory->bytes());
  ASSERT_TRUE(setup);
  EXPECT_EQ(setup->host, "here");
  EXPECT_THAT(setup->rules.actions, SizeIs(2));
  write(told[1], "line\n");
  EXPECT_EQ(text_in("a"), "line\n");
  EXPECT_EQ(body_of<SyslogTarget>(told[2]).code, ENOENT);
  EXPECT_THAT(told[2].fds, IsEmpty());
}

TEST_F(SyslogKeeperTest, NothingIsSaidWithoutAServerAndNothingNewBeforeTheLastIsTaken) {
  want({directory.file("a")});
  keeper.reopen();
  start_server();
  const auto first = heard();
  ASSERT_THAT(first, SizeIs(3));
  keeper.reopen();
  keeper.reopen();
  EXPECT_THAT(nothing_more(), IsEmpty());
  used(first);
  const auto second = heard();
  ASSERT_THAT(second, SizeIs(3));
  used(second);
  EXPECT_THAT(nothing_more(), IsEmpty()) << "both at once";
}

TEST_F(SyslogKeeperTest, TheNextServerIsToldAnew) {
  want({directory.file("a")});
  start_server();
  EXPECT_THAT(heard(), SizeIs(3));
  server.close();  // dead, without a word
  start_server();
  EXPECT_THAT(heard(), SizeIs(3));
}

TEST_F(SyslogKeeperTest, WhatCouldNotBeOpenedIsTriedAgain) {
  want({directory.file("none/b")});
  start_server();
  used(heard());
  std::filesystem::create_directory(directory.file("none"));
  pass(std::chrono::seconds(2));
  const auto told = nothing_more();
  ASSERT_THAT(types(told), ElementsAre(Type::Target));
  EXPECT_EQ(body_of<SyslogTarget>(told[0]).code, 0);
  write(told[0], "at last\n");
  EXPECT_EQ(text_in("none/b"), "at last\n");
}

TEST_F(SyslogKeeperTest, AFileIsRotatedWhenItIsAsLargeAsTheServerSays) {
  want({directory.file("a")}, 10);
  start_server();
  const auto first = heard();
  used(first);
  const auto generation = body_of<SyslogTarget>(first[1]).generation;
  say(Type::Rotate, print(SyslogTarget{generation, 0, 0}));
  EXPECT_THAT(nothing_more(), IsEmpty()) << "it is empty";
  write(first[1], "0123456789\n");
  say(Type::Rotate, print(SyslogTarget{generation + 1, 0, 0}));
  say(Type::Rotate, print(SyslogTarget{generation, 5, 0}));
  EXPECT_THAT(nothing_more(), IsEmpty()) << "there is no such target";
  say(Type::Rotate, print(SyslogTarget{generation, 0, 0}));
  const auto told = nothing_more();
  ASSERT_THAT(types(told), ElementsAre(Type::Target));
  write(first[1], "late\n");
  write(told[0], "new\n");
  EXPECT_EQ(text_in("a.1"), "0123456789\nlate\n");
  EXPECT_EQ(text_in("a"), "new\n");
}

TEST_F(SyslogKeeperTest, AFileThatSomebodyHasMovedAwayIsOnlyOpenedAnew) {
  want({directory.file("a")}, 10);
  start_server();
  const auto first = heard();
  used(first);
  write(first[1], "0123456789\n");
  std::filesystem::rename(directory.file("a"), directory.file("theirs"));
  say(Type::Rotate, print(SyslogTarget{body_of<SyslogTarget>(first[1]).generation, 0, 0}));
  const auto told = nothing_more();
  ASSERT_THAT(types(told), ElementsAre(Type::Target));
  write(told[0], "new\n");
  EXPECT_EQ(text_in("a"), "new\n");
  EXPECT_FALSE(std::filesystem::exists(directory.file("a.1")));
}

TEST_F(SyslogKeeperTest, AServerThatTalksNonsenseGetsNoMoreAndTheNextOneANewChannel) {
  want({directory.file("a")});
  start_server();
  used(heard());
  for (const auto type : {Type::Hello, Type::Used, Type::Rotate, Type::AskTerminals, Type::Counts,
                          Type::Setup, static_cast<Type>(999)}) {
    const int before = changes;
    say(type, "x");
    EXPECT_TRUE(turn_until([&] { return changes == before + 1; })) << static_cast<int>(type);
    EXPECT_EQ(server.receive().event, Channel::Event::Nothing) << "the next one has none yet";
    keeper.committed();
    EXPECT_TRUE(turn_until([&] { return server.receive().event == Channel::Event::Closed; }));
    start_server();
    EXPECT_THAT(heard(), SizeIs(3));
  }
}

TEST_F(SyslogKeeperTest, WhoIsNotLoggedInIsTold) {
  want({});
  start_server();
  used(heard());
  say(Type::AskTerminals, print(SyslogTerminals{5, {"no-such-user"}, {}}));
  std::vector<Message> told;
  pass(std::chrono::seconds(1));
  told = nothing_more();
  ASSERT_THAT(types(told), ElementsAre(Type::Terminals));
  const auto body = body_of<SyslogTerminals>(told[0]);
  EXPECT_EQ(body.ticket, 5U);
  EXPECT_THAT(body.users, IsEmpty());
  EXPECT_THAT(body.absent, ElementsAre("no-such-user"));
}

TEST_F(SyslogKeeperTest, AServerThatAsksAndAsksIsAnsweredNowAndThen) {
  want({});
  start_server();
  used(heard());
  pass(std::chrono::seconds(1));
  constexpr std::uint64_t kAsks = 100;
  std::vector<Message> told;
  const auto hear = [&] {
    for (auto& each : nothing_more()) told.push_back(std::move(each));
  };
  for (std::uint64_t ticket = 1; ticket <= kAsks; ++ticket) {
    say(Type::AskTerminals, print(SyslogTerminals{ticket, {"nobody-at-all"}, {}}));
    if (ticket % 10 == 0) hear();
  }
  for (int i = 0; i < 30; ++i) {
    pass(std::chrono::milliseconds(250));
    hear();
  }
  EXPECT_THAT(told, SizeIs(kAsks)) << "each has an answer, be it that it is too early";
  std::size_t looked = 0;
  for (const auto& each : told) {
    if (!body_of<SyslogTerminals>(each).absent.empty()) ++looked;
  }
  EXPECT_LE(looked, 17U) << "and few made us look";
}

TEST_F(SyslogKeeperTest, AServerWithOtherSocketsIsReplacedOnceTheNextOneCanBeStarted) {
  want({directory.file("a")});
  keeper.set_sockets("syslog", {2, 1});
  start_server();
  used(heard());
  keeper.set_sockets("syslog", {1, 2});
  keeper.committed();
  EXPECT_THAT(nothing_more(), IsEmpty());
  EXPECT_EQ(server.receive().event, Channel::Event::Nothing) << "the same in another order";
  keeper.set_sockets("syslog", {1, 2, 3});
  EXPECT_EQ(server.receive().event, Channel::Event::Nothing);
  keeper.committed();
  EXPECT_TRUE(turn_until([&] { return server.receive().event == Channel::Event::Closed; }));
  start_server();
  EXPECT_THAT(heard(), SizeIs(3));
}

TEST_F(SyslogKeeperTest, AServerThatDoesNotReadFillsNoMemory) {
  want({directory.file("a")});
  start_server();
  const int before = changes;
  EXPECT_TRUE(turn_until([&] {
    (void)server.send(static_cast<std::uint16_t>(Type::Hello),
                      print(SyslogHello{kSyslogWireVersion, "", getpid()}));
    return changes > before;
  })) << "its channel is taken away";
}

TEST_F(SyslogKeeperTest, ATargetThatIsAskedForIsOpenedAnewNowAndThen) {
  ASSERT_EQ(::mkfifo(directory.file("fifo").c_str(), 0600), 0);
  LoadedService service;
  service.spec.id = "syslog";
  SyslogAction fifo;
  fifo.kind = SyslogActionKind::Fifo;
  fifo.path = directory.file("fifo");
  service.syslog.edit().rules.actions = {fifo};
  keeper.want({service});
  keeper.place({{7, {SyslogKeeper::channel_name("syslog")}}});
  start_server();
  const auto first = heard();
  used(first);
  for (int i = 0; i < 5; ++i) say(Type::Rotate, first[1].body);
  EXPECT_THAT(types(nothing_more()), ElementsAre(Type::Target));
  pass(std::chrono::seconds(2));
  say(Type::Rotate, first[1].body);
  EXPECT_THAT(types(nothing_more()), ElementsAre(Type::Target));
}

TEST_F(SyslogKeeperTest, NobodyIsLookedForWhomNoRuleNames) {
  users = {"ann"};
  want({});
  start_server();
  used(heard());
  pass(std::chrono::seconds(1));
  say(Type::AskTerminals, print(SyslogTerminals{1, {"*", "ann", "root"}, {}}));
  const auto told = nothing_more();
  ASSERT_THAT(types(told), ElementsAre(Type::Terminals));
  EXPECT_THAT(told[0].fds, IsEmpty());
  EXPECT_THAT(body_of<SyslogTerminals>(told[0]).absent, ElementsAre("ann", "root"));
}

TEST_F(SyslogKeeperTest, CountsGoOnWithTheNextServer) {
  want({});
  for (const std::uint64_t total : {3U, 6U}) {
    start_server();
    used(heard());
    SyslogCounts counts;
    counts.dropped = 3;
    say(Type::Counts, print(counts));
    EXPECT_TRUE(turn_until([&] { return keeper.counts()["syslog"]["dropped"] == total; }));
  }
}

TEST_F(SyslogKeeperTest, CountsAreKept) {
  want({});
  start_server();
  SyslogCounts counts;
  counts.received = 12;
  counts.dropped = 3;
  say(Type::Counts, print(counts));
  EXPECT_TRUE(turn_until([&] { return keeper.counts()["syslog"]["received"] == 12; }));
  EXPECT_EQ(keeper.counts()["syslog"]["dropped"], 3);
}

TEST_F(SyslogKeeperTest, AServerOfTheProgramBeforeIsReplacedOnceTheNextOneCanBeStarted) {
  want({directory.file("a")});
  start_server();
  used(heard());
  turn();
  UpgradeState state;
  keeper.save(state);
  ASSERT_THAT(state.syslogs, SizeIs(1));
  state.syslogs[0].channel = ::dup(state.syslogs[0].channel);
  SyslogKeeper next(loop, timers, log, [] {});
  next.restore(parse_upgrade_state(print(state)).value());
  LoadedService service;
  service.spec.id = "syslog";
  service.syslog.edit().host = "later";
  next.want({service});
  next.place({{7, {SyslogKeeper::channel_name("syslog")}}});
  EXPECT_EQ(server.receive().event, Channel::Event::Nothing) << "launchers have no other yet";
  next.committed();
  EXPECT_TRUE(turn_until([&] { return server.receive().event == Channel::Event::Closed; }));
  server = Channel(UniqueFd(::dup(next.of(7).at(0).second)));
  say(Type::Hello, print(SyslogHello{kSyslogWireVersion, "", getpid()}));
  EXPECT_THAT(types(heard()), ElementsAre(Type::Setup, Type::Use));
}

TEST_F(SyslogKeeperTest, AServiceThatIsNoMoreLosesItsChannel) {
  want({});
  start_server();
  used(heard());
  keeper.want({});
  EXPECT_TRUE(keeper.is_empty());
  EXPECT_TRUE(turn_until([&] { return server.receive().event == Channel::Event::Closed; }));
}

}  // namespace
}  // namespace uvinetd
