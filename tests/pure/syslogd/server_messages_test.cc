// SPDX-License-Identifier: ISC
// What comes in, however odd, is one line; repeats, marks, rates.
#include "tests/pure/syslogd/server_ring.h"

namespace uvinetd::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SyslogMessages : public ServerRing {
 protected:
  SyslogSetup to_all() const { return setup_of({place(SyslogActionKind::File, path("all"))}); }
};

TEST_F(SyslogMessages, OddDatagramsAreOneLineEach) {
  using namespace std::string_view_literals;
  add_unix("log");
  const auto to = add_udp("127.0.0.1");
  start();
  use(1, to_all());
  log("<13>tester: one\nNov 26 20:41:21 here kernel: forged");
  log("<13>tester: a\0b"sv);
  log("<13>tester: \xff\xfe");
  log("<0>tester: kern");
  log("<13>tester: " + std::string(60'000, 'L'));
  send_udp("<13>tester: " + std::string(60'000, 'N'), to, "127.0.0.1");
  send_udp("", to, "127.0.0.1");
  log("<13>tester: last");
  file_has("all", "last\n");
  file_has("all", "NNN");
  file_has("all", "127.0.0.1 malformed");
  const auto text = text_of(path("all"));
  EXPECT_THAT(text, HasSubstr(": one\\x0aNov 26 20:41:21 here kernel: forged\n"));
  EXPECT_THAT(text, HasSubstr(": a\\x00b\n"));
  EXPECT_THAT(text, HasSubstr(": \\xff\\xfe\n"));
  EXPECT_THAT(text, HasSubstr("L [truncated]\n"));
  EXPECT_THAT(text, HasSubstr("N [truncated]\n"));
  EXPECT_EQ(terminate(), 0);
  // "started", eight messages, "stopping".
  EXPECT_EQ(count_of(text_of(path("all")), "\n"), 10U);
}

TEST_F(SyslogMessages, KernIsTheKernelsAlone) {
  add_unix("log");
  start();
  auto setup = setup_of(
      {place(SyslogActionKind::File, path("kern")), place(SyslogActionKind::File, path("user"))});
  setup.rules.rules[0].mask = {};
  setup.rules.rules[0].mask[0] = 0xff;
  setup.rules.rules[1].mask = {};
  setup.rules.rules[1].mask[1] = 0xff;
  use(1, setup);
  log("<0>tester: forged");
  file_has("user", "forged\n");
  EXPECT_EQ(text_of(path("kern")), "");
}

TEST_F(SyslogMessages, RepeatsAreFolded) {
  add_unix("log");
  start();
  use(1, to_all());
  for (int i = 0; i < 5; ++i) log("<13>tester: the same");
  log("<13>tester: another");
  file_has("all", "another\n");
  const auto text = text_of(path("all"));
  EXPECT_EQ(count_of(text, "the same\n"), 1U);
  EXPECT_THAT(text, HasSubstr(" here last message repeated 4 times\n"));
}

TEST_F(SyslogMessages, RepeatsAreToldAtTheEnd) {
  add_unix("log");
  start();
  use(1, to_all());
  for (int i = 0; i < 3; ++i) log("<13>tester: the same");
  file_has("all", "the same\n");
  EXPECT_EQ(terminate(), 0);
  EXPECT_THAT(text_of(path("all")), HasSubstr("last message repeated 2 times\n"));
}

TEST_F(SyslogMessages, RepeatsAreWrittenWhereThatIsWanted) {
  add_unix("log");
  start();
  auto setup = to_all();
  setup.settings.folds_repeats = false;
  use(1, setup);
  for (int i = 0; i < 5; ++i) log("<13>tester: the same");
  log("<13>tester: another");
  file_has("all", "another\n");
  EXPECT_EQ(count_of(text_of(path("all")), "the same\n"), 5U);
}

TEST_F(SyslogMessages, MarksAreWrittenWhereNothingElseIs) {
  add_unix("log");
  start();
  auto setup = setup_of(
      {place(SyslogActionKind::File, path("marks")), place(SyslogActionKind::File, path("none"))});
  setup.settings.mark = std::chrono::seconds(1);
  setup.rules.rules[0].mask = {};
  setup.rules.rules[0].mask[kMarkFacility] = 0xff;
  use(1, setup);
  file_has("marks", " here -- MARK --\n");
  EXPECT_THAT(text_of(path("none")), Not(HasSubstr("MARK")));
}

TEST_F(SyslogMessages, ASenderAboveItsRateIsRefusedAndTold) {
  add_unix("log");
  const auto to = add_udp("127.0.0.1");
  start();
  auto setup = to_all();
  setup.settings.rate = 1;
  setup.settings.burst = 5;
  use(1, setup);
  for (int i = 0; i < 50; ++i) send_udp("<13>far: much " + std::to_string(i), to, "127.0.0.2");
  send_udp("<13>far: little", to, "127.0.0.3");
  file_has("all", "little\n");
  EXPECT_LE(count_of(text_of(path("all")), "much"), 10U);
  EXPECT_EQ(terminate(), 0);
  EXPECT_THAT(text_of(path("all")),
              HasSubstr(" messages of 127.0.0.2 were refused: too many in a second\n"));
}

TEST_F(SyslogMessages, TheRateOfAnIPv6SenderIsThatOfItsNetwork) {
  const auto to = add_udp("::1");
  start();
  auto setup = to_all();
  setup.settings.rate = 1;
  setup.settings.burst = 5;
  use(1, setup);
  for (int i = 0; i < 50; ++i) send_udp("<13>far: much " + std::to_string(i), to, "::1");
  EXPECT_EQ(terminate(), 0);
  EXPECT_THAT(text_of(path("all")),
              HasSubstr(" messages of ::/64 were refused: too many in a second\n"));
}

TEST_F(SyslogMessages, WhatTheKernelDropsIsCountedAndTold) {
  if (!kIsPidKnown) GTEST_SKIP() << "the kernel does not tell it";
  const auto to = add_udp("127.0.0.1");
  const int room = 16 * 1024;
  ASSERT_EQ(setsockopt(sockets_[0].get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
  start();
  use(1, to_all());
  const auto overflow = [&](const std::string& name) {
    kill(pid_, SIGSTOP);
    for (int i = 0; i < 1'000; ++i)
      send_udp("<13>far: " + name + std::to_string(i), to, "127.0.0.1");
    kill(pid_, SIGCONT);
    file_has("all", "far: " + name + "0\n");
    const auto last = "after " + name;
    // Until there is room for it.
    EXPECT_TRUE(eventually([&] {
      send_udp("<13>far: " + last, to, "127.0.0.1");
      return text_of(path("all")).find(last) != std::string::npos;
    }));
  };
  overflow("one");
  file_has("all", " messages at a socket: it was full\n");
  overflow("two");
  EXPECT_EQ(count_of(text_of(path("all")), "it was full\n"), 1U);
  EXPECT_EQ(terminate(), 0);
  const auto text = text_of(path("all"));
  EXPECT_EQ(count_of(text, "it was full\n"), 2U);
  const auto got = count_of(text, "far: one") + count_of(text, "far: two");
  std::size_t dropped = 0;
  for (auto at = text.find("the kernel dropped "); at != std::string::npos;
       at = text.find("the kernel dropped ", at + 1))
    dropped += std::stoul(text.substr(at + 19));
  // Each "after" that was dropped too is one more.
  EXPECT_GE(dropped, 2'000 - got);
  EXPECT_LT(dropped, 2'000 - got + 200);
  EXPECT_THAT(text, HasSubstr("dropped " + std::to_string(dropped) + ", refused 0"));
}

TEST_F(SyslogMessages, TheDaemonsOwnRecordsHaveNoRate) {
  add_unix("log");
  add_unix("records");
  start();
  auto setup = to_all();
  setup.settings.rate = 1;
  setup.settings.burst = 1;
  use(1, setup);
  for (int i = 0; i < 50; ++i) log("<30>uvinetd: record " + std::to_string(i), "records");
  file_has("all", "record 49\n");
  EXPECT_EQ(count_of(text_of(path("all")), tag("uvinetd") + ": record"), 50U);
}

TEST_F(SyslogMessages, TenThousandSenders) {
  add_unix("log");
  const auto to = add_udp("127.0.0.1");
  start();
  auto setup = to_all();
  setup.settings.rate = 100;
  setup.settings.burst = 100;
  use(1, setup);
  for (int i = 0; i < 10'000; ++i) {
    const auto from = "127." + std::to_string(i / 200 + 1) + '.' + std::to_string(i % 200) + ".1";
    send_udp("<13>far: from " + from, to, from);
    // What the kernel drops is not lost here.
    if (i % 200 == 199) file_has("all", ' ' + from + " far: from " + from + '\n');
  }
  EXPECT_EQ(count_of(text_of(path("all")), " far: from "), 10'000U);
}

}  // namespace
}  // namespace uvinetd::test
