// SPDX-License-Identifier: ISC
// Each kind of target, and that none of them holds up another.
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "tests/pure/syslogd/server_targets.h"

namespace uvinetd::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// A terminal that passes on what is written as it is.
struct Terminal {
  UniqueFd master;
  UniqueFd slave;

  Terminal() {
    int ends[2] = {-1, -1};
    termios raw{};
    cfmakeraw(&raw);
    EXPECT_EQ(openpty(&ends[0], &ends[1], nullptr, &raw, nullptr), 0);
    master = UniqueFd(ends[0]);
    slave = UniqueFd(ends[1]);
    EXPECT_TRUE(set_nonblocking(master.get(), true));
    EXPECT_TRUE(set_cloexec(master.get()));
    EXPECT_TRUE(set_cloexec(slave.get()));
  }
  [[nodiscard]] std::string name() const { return ttyname(slave.get()); }
};

// What can be read until `part` has come.
std::string read_until(int fd, std::string_view part) {
  std::string out;
  const bool has_come = eventually([&] {
    std::array<char, 65536> some;
    const auto size = read(fd, some.data(), some.size());
    if (size > 0) out.append(some.data(), static_cast<std::size_t>(size));
    return out.find(part) != std::string::npos;
  });
  EXPECT_TRUE(has_come) << "no \"" << part << "\" in:\n" << out;
  return out;
}

TEST_F(SyslogTargets, AFullFifoHoldsUpNobodyAndItsGapIsTold) {
  add_unix("log");
  start();
  use(1, setup_of({fifo("fifo"), file("all")}));
  log_many(8'000, std::string(100, 'x'));
  file_has("all", "here " + tag("tester") + ": 7999 ");
  EXPECT_EQ(count_of(text_of(path("all")), "xxx\n"), 8'000U);
  const UniqueFd reader(open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const auto got = read_until(reader.get(), "were dropped\n");
  const auto lines = count_of(got, "xxx\n");
  EXPECT_GT(lines, 1'000U);
  EXPECT_THAT(got, HasSubstr(std::to_string(8'000 - lines) + " messages for " + path("fifo") +
                             " were dropped\n"));
  file_has("all", " were dropped\n");
}

TEST_F(SyslogTargets, WhatIsLostWithTheEndIsTold) {
  add_unix("log");
  start();
  use(1, setup_of({fifo("fifo"), file("all")}));
  const UniqueFd reader(open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  log_many(1'000, std::string(100, 'x'));
  file_has("all", ": 999 ");
  EXPECT_EQ(terminate(), 0);
  EXPECT_THAT(text_of(path("all")),
              ContainsRegex("[0-9]+ messages for " + path("fifo") + " were dropped\n"));
}

TEST_F(SyslogTargets, AFullDiskIsToldOnceAndHoldsUpNobody) {
  add_unix("log");
  start();
  use(1, setup_of({place(SyslogActionKind::File, "/dev/full"), file("all")}));
  log_many(5'000, std::string(100, 'x'));
  file_has("all", ": 4999 ");
  const auto text = text_of(path("all"));
  EXPECT_EQ(count_of(text, "cannot write to /dev/full: No space left on device; its messages wait"),
            1U);
  EXPECT_EQ(terminate(), 0);
  EXPECT_EQ(text_of(path("stderr")), "");
}

TEST_F(SyslogTargets, AFileThatCannotBeOpenedYetGetsWhatWaited) {
  add_unix("log");
  start();
  say_setup(1, setup_of({file("late"), file("all")}));
  say_target(1, 0, UniqueFd(), EROFS);
  say_target(1, 1, open_target(file("all")));
  say_use(1);
  log("<13>tester: patience");
  file_has("all", "patience\n");
  EXPECT_THAT(text_of(path("all")), HasSubstr("cannot open " + path("late") +
                                              ": Read-only file system; its messages wait"));
  say_target(1, 0, open_target(file("late")));
  file_has("late", "patience\n");
  file_has("all", "late is written again\n");
}

TEST_F(SyslogTargets, AFileIsRotatedByItsSize) {
  add_unix("log");
  start();
  auto action = file("all");
  action.rotate_size = 5'000;
  use(1, setup_of({action}));
  log_many(100, std::string(100, 'x'));
  const auto asked = expect<SyslogTarget>(SyslogMessageType::Rotate);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->generation, 1U);
  EXPECT_EQ(asked->action, 0U);
  log("<13>tester: still the old one");
  file_has("all", "still the old one\n");
  EXPECT_FALSE(has(SyslogMessageType::Rotate));
  ASSERT_EQ(rename(path("all").c_str(), path("all.0").c_str()), 0);
  say_target(1, 0, open_target(action));
  log("<13>tester: the new one");
  file_has("all", "the new one\n");
  EXPECT_EQ(count_of(text_of(path("all.0")), "xxx\n"), 100U);
  EXPECT_EQ(count_of(text_of(path("all")), "xxx\n"), 0U);
}

TEST_F(SyslogTargets, ASyncedFileIsWrittenAsAnyOther) {
  add_unix("log");
  start();
  auto action = file("all");
  action.is_synced = true;
  use(1, setup_of({action}));
  log_many(2'000, "x");
  file_has("all", ": 1999 x\n");
  EXPECT_EQ(terminate(), 0);
  EXPECT_EQ(count_of(text_of(path("all")), " x\n"), 2'000U);
}

TEST_F(SyslogTargets, ATerminalGetsLinesWithoutTimeAndHost) {
  add_unix("log");
  start();
  const Terminal terminal;
  use(1, setup_of({place(SyslogActionKind::Terminal, terminal.name())}));
  log("<8>tester: wake up");
  EXPECT_THAT(read_until(terminal.master.get(), "wake up"),
              HasSubstr(tag("tester") + ": wake up\r\n"));
}

TEST_F(SyslogTargets, ATerminalThatTakesNothingHoldsUpNobody) {
  add_unix("log");
  start();
  const Terminal terminal;
  use(1, setup_of({place(SyslogActionKind::Terminal, terminal.name()), file("all")}));
  log_many(8'000, std::string(100, 'x'));
  file_has("all", ": 7999 ");
  read_until(terminal.master.get(), "were dropped\r\n");
  file_has("all", " messages for " + terminal.name() + " were dropped\n");
}

TEST_F(SyslogTargets, ATerminalThatHungUpIsOpenedAnew) {
  add_unix("log");
  start();
  std::string name;
  {
    Terminal terminal;
    name = terminal.name();
    use(1, setup_of({place(SyslogActionKind::Terminal, name), file("all")}));
  }
  log_many(100, "x");
  file_has("all", ": 99 x\n");
  file_has("all", "Input/output error; its messages wait\n");
  const auto asked = expect<SyslogTarget>(SyslogMessageType::Rotate);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->generation, 1U);
  EXPECT_EQ(asked->action, 0U);
  const Terminal next;
  say_target(1, 0, next.slave);
  read_until(next.master.get(), ": 99 x\r\n");
  file_has("all", name + " is written again\n");
}

TEST_F(SyslogTargets, UsersAreReachedByTheMonitor) {
  add_unix("log");
  start();
  use(1, setup_of({users({"root", "op"}), file("all")}));
  log_many(3, "wake up");
  const auto asked = expect<SyslogTerminals>(SyslogMessageType::AskTerminals);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->users, (std::vector<std::string>{"root", "op"}));
  const Terminal terminal;
  say(SyslogMessageType::Terminals, print(SyslogTerminals{asked->ticket, {"root"}, {"op"}}),
      {terminal.slave.get()});
  read_until(terminal.master.get(), ": 2 wake up\r\n");
  file_has("all", "user op is not logged in, or takes no messages\n");
  // An answer that nobody asked for.
  say(SyslogMessageType::Terminals, print(SyslogTerminals{asked->ticket, {"root"}, {}}),
      {terminal.slave.get()});
  log("<13>tester: again");
  const auto second = expect<SyslogTerminals>(SyslogMessageType::AskTerminals);
  ASSERT_TRUE(second);
  EXPECT_NE(second->ticket, asked->ticket);
}

TEST_F(SyslogTargets, TheQuestionsOfOneTurnAreOne) {
  add_unix("log");
  start();
  std::vector<SyslogAction> actions{file("all"), users({"*"}), users({"user0", "*"})};
  for (int i = 0; i < 30; ++i) actions.push_back(users({"user" + std::to_string(i)}));
  auto setup = setup_of(actions);
  for (auto& rule : setup.rules.rules) rule.mask = {};
  setup.rules.rules[0].mask = everything();
  for (auto& rule : setup.rules.rules) rule.mask[1] = 0xff;
  use(1, setup);
  log("<13>tester: to all of you");
  std::map<std::vector<std::string>, std::uint64_t> tickets;
  for (int i = 0; i < 2; ++i) {
    const auto asked = expect<SyslogTerminals>(SyslogMessageType::AskTerminals);
    ASSERT_TRUE(asked);
    tickets[asked->users] = asked->ticket;
  }
  std::vector<std::string> names;
  for (int i = 0; i < 30; ++i) names.push_back("user" + std::to_string(i));
  ASSERT_TRUE(tickets.contains({"*"}));
  ASSERT_TRUE(tickets.contains(names));
  const Terminal terminal;
  say(SyslogMessageType::Terminals,
      print(SyslogTerminals{tickets[names], {"user7"}, {"user0", "user29"}}),
      {terminal.slave.get()});
  read_until(terminal.master.get(), "to all of you\r\n");
  file_has("all", "user user29 is not logged in");
  say(SyslogMessageType::Terminals, print(SyslogTerminals{tickets[{"*"}], {"user8"}, {}}),
      {terminal.slave.get()});
  const auto twice = read_until(terminal.master.get(), "to all of you\r\n");
  EXPECT_FALSE(has(SyslogMessageType::AskTerminals));
}

}  // namespace
}  // namespace uvinetd::test
