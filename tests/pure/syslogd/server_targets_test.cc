// SPDX-License-Identifier: ISC
// Each kind of target, and that none of them holds up another.
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "tests/pure/syslogd/server_ring.h"

namespace uvinetd::test {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class SyslogTargets : public ServerRing {
 protected:
  SyslogAction file(const std::string& name) const {
    return place(SyslogActionKind::File, path(name));
  }
  SyslogAction fifo(const std::string& name) const {
    EXPECT_EQ(mkfifo(path(name).c_str(), 0600), 0);
    return place(SyslogActionKind::Fifo, path(name));
  }
  static SyslogAction forward(const std::string& host, std::uint16_t port,
                              SyslogForm form = SyslogForm::Unset) {
    SyslogAction out;
    out.kind = SyslogActionKind::Forward;
    out.host = host;
    out.port = port;
    out.form = form;
    return out;
  }
  static SyslogAction users(std::vector<std::string> names) {
    SyslogAction out;
    out.kind = SyslogActionKind::Users;
    out.users = std::move(names);
    return out;
  }
  void log_many(int count, const std::string& text) {
    const auto address = SocketAddress::unix_path(path("log"));
    const UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    for (int i = 0; i < count; ++i) {
      const auto whole = "<13>tester: " + std::to_string(i) + ' ' + text;
      ASSERT_EQ(sendto(fd.get(), whole.data(), whole.size(), 0, address->data(), address->size()),
                static_cast<ssize_t>(whole.size()));
    }
  }
};

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

class SyslogForward : public SyslogTargets, public ::testing::WithParamInterface<const char*> {
 protected:
  // Another host.
  std::uint16_t listen(const std::string& host) {
    auto address = SocketAddress::parse_ip(host, 0);
    other_ = UniqueFd(socket(address->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(other_.get(), address->data(), address->size()), 0);
    EXPECT_TRUE(set_nonblocking(other_.get(), true));
    return SocketAddress::local_of(other_.get())->port();
  }
  std::string receive(std::string_view part) {
    std::string found;
    EXPECT_TRUE(eventually([&] {
      std::array<char, 9000> some;
      const auto size = recv(other_.get(), some.data(), some.size(), 0);
      if (size > 0) found.assign(some.data(), static_cast<std::size_t>(size));
      return found.find(part) != std::string::npos;
    })) << part;
    return found;
  }
  UniqueFd other_;
};

TEST_P(SyslogForward, BothForms) {
  add_unix("log");
  const auto port = listen(GetParam());
  start();
  use(1, setup_of({forward(GetParam(), port)}));
  log("<38>Nov 26 20:41:21 tester: one");
  EXPECT_EQ(receive("one"), "<38>Nov 26 20:41:21 here " + tag("tester") + ": one");
  use(2, setup_of({forward(GetParam(), port, SyslogForm::Rfc5424)}));
  log("<38>Nov 26 20:41:21 tester: two");
  const auto pid = kIsPidKnown ? std::to_string(getpid()) : "-";
  EXPECT_THAT(receive("two"),
              ContainsRegex("^<38>1 [0-9]{4}-11-26T20:41:21.* here tester " + pid + " - - two$"));
}
INSTANTIATE_TEST_SUITE_P(Families, SyslogForward, ::testing::Values("127.0.0.1", "::1"));

TEST_F(SyslogForward, NamesAreLookedUpOffTheLoop) {
  add_unix("log");
  const auto port = listen("127.0.0.1");
  start();
  use(1, setup_of({forward("localhost", port), forward("no.such.host.invalid", 514), file("all")}));
  log("<13>tester: one");
  file_has("all", "one\n");
  file_has("all", "cannot forward to @no.such.host.invalid:514: ");
}

TEST_F(SyslogForward, AHostThatRefusesIsLeftAloneForAWhile) {
  add_unix("log");
  const auto port = listen("127.0.0.1");
  other_.reset();
  start();
  use(1, setup_of({forward("127.0.0.1", port), file("all")}));
  for (int i = 0; i < 20; ++i) {
    log_many(20, "round " + std::to_string(i));
    file_has("all", ": 19 round " + std::to_string(i) + "\n");
  }
  const auto told = "cannot forward to @127.0.0.1:" + std::to_string(port) +
                    ": Connection refused; its messages wait";
  file_has("all", told);
  EXPECT_EQ(count_of(text_of(path("all")), told), 1U);
}

TEST_F(SyslogForward, WhatCameFromTheNetworkGoesOnOnlyWhereThatIsWanted) {
  add_unix("log");
  const auto own = add_udp("127.0.0.1");
  const auto to = *SocketAddress::parse_ip("127.0.0.1", own);
  const auto port = listen("127.0.0.1");
  start();
  auto setup = setup_of({forward("127.0.0.1", port), file("all")});
  use(1, setup);
  send_udp("<13>far: unwanted", to, "127.0.0.2");
  file_has("all", " 127.0.0.2 far: unwanted\n");
  log("<13>tester: local");
  EXPECT_THAT(receive("tester"), HasSubstr("local"));

  setup.settings.relays = true;
  use(2, setup);
  send_udp("<13>far: wanted", to, "127.0.0.2");
  EXPECT_THAT(receive("wanted"), HasSubstr(" 127.0.0.2 far: wanted"));
  send_udp("<13>far: back to its sender", to, "127.0.0.1");
  send_udp("<13>far: last", to, "127.0.0.2");
  file_has("all", "back to its sender\n");
  std::array<char, 9000> some;
  std::string all;
  receive("last");
  while (recv(other_.get(), some.data(), some.size(), 0) > 0) all += some.data();
  EXPECT_THAT(all, Not(HasSubstr("back")));
}

TEST_F(SyslogForward, WhatSeveralHostsSayIsRelayedForEach) {
  add_unix("log");
  const auto own = add_udp("127.0.0.1");
  const auto to = *SocketAddress::parse_ip("127.0.0.1", own);
  const auto port = listen("127.0.0.1");
  start();
  auto setup = setup_of({forward("127.0.0.1", port), file("all")});
  setup.settings.relays = true;
  setup.settings.folds_repeats = false;
  use(1, setup);
  for (int host = 2; host < 12; ++host) {
    for (int i = 0; i < 3; ++i)
      send_udp("<4>Nov 26 20:41:21 kernel: link down", to, "127.0.0." + std::to_string(host));
  }
  for (int host = 2; host < 12; ++host) {
    for (int i = 0; i < 3; ++i) receive(" 127.0.0." + std::to_string(host) + " kernel: link down");
  }
}

TEST_F(SyslogForward, WhatIsNotRelayedIsCountedAndTold) {
  add_unix("log");
  const auto own = add_udp("127.0.0.1");
  const auto to = *SocketAddress::parse_ip("127.0.0.1", own);
  const auto port = listen("127.0.0.1");
  start();
  auto setup = setup_of({forward("127.0.0.1", port), file("all")});
  setup.settings.relays = true;
  setup.settings.trusts_host = true;
  use(1, setup);
  for (int host = 2; host < 6; ++host)
    send_udp("<13>Nov 26 20:41:21 origin far: round", to, "127.0.0." + std::to_string(host));
  send_udp("<13>Nov 26 20:41:21 origin far: last", to, "127.0.0.2");
  receive("round");
  receive("last");
  EXPECT_EQ(terminate(), 0);
  EXPECT_THAT(text_of(path("all")),
              AllOf(HasSubstr("3 messages were not relayed to @127.0.0.1:" + std::to_string(port) +
                              ": the same had been before\n"),
                    HasSubstr("stopping: received 5, dropped 3,")));
}

TEST_F(SyslogForward, AServerThatForwardsToItselfComesToAnEnd) {
  add_unix("log");
  const auto own = add_udp("127.0.0.1");
  start();
  auto setup = setup_of({forward("127.0.0.1", own), file("all")});
  setup.settings.relays = true;
  use(1, setup);
  log("<13>tester: round");
  file_has("all", " 127.0.0.1 tester");
  log("<13>tester: end");
  file_has("all", " 127.0.0.1 tester");
  EXPECT_EQ(terminate(), 0);
  EXPECT_LE(count_of(text_of(path("all")), "round\n"), 2U);
}

}  // namespace
}  // namespace uvinetd::test
