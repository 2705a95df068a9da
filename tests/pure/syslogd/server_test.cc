// SPDX-License-Identifier: ISC
// The server and its monitor: rules, their exchange, ends.
#include "tests/pure/syslogd/server_ring.h"

namespace uvinetd::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class SyslogServer : public ServerRing {};

TEST_F(SyslogServer, WritesALineWithTheVerifiedPid) {
  add_unix("log");
  start();
  use(1, setup_of({place(SyslogActionKind::File, path("all"))}));
  log("<13>Nov 26 20:41:21 tester[1]: hello");
  file_has("all", "hello\n");
  const auto line =
      kIsPidKnown ? tag("tester") + ": [claimed pid 1] hello\n" : "tester[1]: hello\n";
  EXPECT_THAT(text_of(path("all")), HasSubstr("Nov 26 20:41:21 here " + line));
  EXPECT_EQ(terminate(), 0);
  EXPECT_THAT(text_of(path("all")), HasSubstr("stopping: received 1, dropped 0"));
  EXPECT_EQ(text_of(path("stderr")), "");
}

TEST_F(SyslogServer, ReadsNothingBeforeItsFirstRules) {
  add_unix("log");
  log("<13>tester: early");
  start();
  say_setup(1, setup_of({place(SyslogActionKind::File, path("all"))}));
  say_target(1, 0, open_target(place(SyslogActionKind::File, path("all"))));
  pollfd queued{sockets_[0].get(), POLLIN, 0};
  EXPECT_EQ(poll(&queued, 1, 50), 1);
  EXPECT_EQ(text_of(path("all")), "");
  say_use(1);
  file_has("all", "early\n");
}

TEST_F(SyslogServer, LeavesItsSocketsBlocking) {
  add_unix("log");
  const auto to = add_udp("127.0.0.1");
  start();
  use(1, setup_of({place(SyslogActionKind::File, path("all"))}));
  log("<13>tester: one");
  send_udp("<13>tester: two", to, "127.0.0.1");
  file_has("all", "one\n");
  file_has("all", "two\n");
  for (const auto& fd : sockets_) EXPECT_EQ(fcntl(fd.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(SyslogServer, ANewSetOfRulesReplacesTheOldOneAtOnce) {
  add_unix("log");
  start();
  use(1, setup_of({place(SyslogActionKind::File, path("old"))}));
  for (int i = 0; i < 100; ++i) log("<13>tester: before " + std::to_string(i));
  file_has("old", "before 99\n");
  use(2, setup_of({place(SyslogActionKind::File, path("new"))}));
  for (int i = 0; i < 100; ++i) log("<13>tester: after " + std::to_string(i));
  file_has("new", "after 99\n");
  EXPECT_EQ(count_of(text_of(path("old")), "before"), 100U);
  EXPECT_EQ(count_of(text_of(path("old")), "after"), 0U);
  EXPECT_EQ(count_of(text_of(path("new")), "after"), 100U);
}

TEST_F(SyslogServer, RulesWithoutUseAreDropped) {
  add_unix("log");
  start();
  use(1, setup_of({place(SyslogActionKind::File, path("one"))}));
  say_setup(2, setup_of({place(SyslogActionKind::File, path("two"))}));
  say_target(2, 0, open_target(place(SyslogActionKind::File, path("two"))));
  log("<13>tester: first");
  file_has("one", "first\n");
  use(3, setup_of({place(SyslogActionKind::File, path("three"))}));
  say_use(2);  // it is answered, though it cannot be followed
  log("<13>tester: second");
  file_has("three", "second\n");
  EXPECT_EQ(text_of(path("two")), "");
}

TEST_F(SyslogServer, MessagesThatMakeNoSenseChangeNothing) {
  add_unix("log");
  start();
  use(1, setup_of({place(SyslogActionKind::File, path("all"))}));
  say(SyslogMessageType::Setup, "x");
  say(SyslogMessageType::Setup, print(SyslogGeneration{2}));
  auto memory = make_read_only_memory("syslog", "not CBOR");
  say(SyslogMessageType::Setup, print(SyslogGeneration{3}), {memory->get()});
  say_use(3);
  say(SyslogMessageType::Target, print(SyslogTarget{1, 77, 0}));
  say(SyslogMessageType::Target, "");
  say_use(9);
  say(SyslogMessageType::Terminals, print(SyslogTerminals{5, {"a"}, {}}));
  say(static_cast<SyslogMessageType>(999), "");
  log("<13>tester: still here");
  file_has("all", "still here\n");
  EXPECT_THAT(text_of(path("all")), HasSubstr("the rules are not understood; those before stay"));
}

TEST_F(SyslogServer, WithoutAnyRulesThatItUnderstandsItMakesPlaceForTheNext) {
  add_unix("log");
  start();
  auto memory = make_read_only_memory("syslog", "not CBOR");
  say(SyslogMessageType::Setup, print(SyslogGeneration{1}), {memory->get()});
  say(SyslogMessageType::Use, print(SyslogGeneration{1}));
  EXPECT_EQ(wait_for_end(), 1);
  EXPECT_THAT(text_of(path("stderr")), HasSubstr("the rules are not understood"));
}

TEST_F(SyslogServer, RulesThatTheOneBeforeWasToldByHalfAreAnsweredAndNotUsed) {
  add_unix("log");
  start();
  say_target(1, 0, open_target(place(SyslogActionKind::File, path("old"))));
  say_use(1);
  log("<13>tester: early");
  use(2, setup_of({place(SyslogActionKind::File, path("new"))}));
  file_has("new", "early\n");
  EXPECT_EQ(text_of(path("old")), "");
}

TEST_F(SyslogServer, AMalformedFrameEndsIt) {
  add_unix("log");
  start();
  use(1, setup_of({place(SyslogActionKind::File, path("all"))}));
  const std::string garbage(64, 'x');
  ASSERT_EQ(send(monitor_.fd(), garbage.data(), garbage.size(), 0), 64);
  EXPECT_EQ(wait_for_end(), 1);
}

TEST_F(SyslogServer, WhatIsQueuedIsWrittenWhenItIsTerminated) {
  add_unix("log");
  const auto to = add_udp("127.0.0.1");
  start();
  use(1, setup_of({place(SyslogActionKind::File, path("all"))}));
  kill(pid_, SIGSTOP);
  for (int i = 0; i < 500; ++i)
    send_udp("<13>tester: queued " + std::to_string(i), to, "127.0.0.1");
  kill(pid_, SIGTERM);
  kill(pid_, SIGCONT);
  EXPECT_EQ(wait_for_end(), 0);
  EXPECT_EQ(count_of(text_of(path("all")), "queued"), 500U);
}

TEST_F(SyslogServer, WhatIsQueuedIsWrittenWhenTheMonitorIsGone) {
  add_unix("log");
  start();
  use(1, setup_of({place(SyslogActionKind::File, path("all"))}));
  kill(pid_, SIGSTOP);
  log("<13>tester: last words");
  monitor_.close();
  kill(pid_, SIGCONT);
  EXPECT_EQ(wait_for_end(), 0);
  EXPECT_THAT(text_of(path("all")), HasSubstr("last words\n"));
}

TEST_F(SyslogServer, TheNextOneFindsWhatWasQueuedInBetween) {
  add_unix("log");
  start();
  const auto setup = setup_of({place(SyslogActionKind::File, path("all"))});
  use(1, setup);
  log("<13>tester: one");
  file_has("all", "one\n");
  kill(pid_, SIGKILL);
  EXPECT_EQ(wait_for_end(), 128 + SIGKILL);
  log("<13>tester: two");
  start();
  use(2, setup);
  log("<13>tester: three");
  file_has("all", "three\n");
  const auto text = text_of(path("all"));
  EXPECT_EQ(count_of(text, "one\n"), 1U);
  EXPECT_EQ(count_of(text, "two\n"), 1U);
}

TEST_F(SyslogServer, HangupAsksTheMonitorToOpenAnew) {
  add_unix("log");
  start();
  use(1, setup_of({place(SyslogActionKind::File, path("all"))}));
  kill(pid_, SIGHUP);
  EXPECT_TRUE(next(SyslogMessageType::Reopen));
}

TEST_F(SyslogServer, CountsAreTold) {
  add_unix("log");
  start();
  use(1, setup_of({place(SyslogActionKind::File, path("all"))}));
  log("<13>tester: one");
  log("no priority at all");
  SyslogCounts counts;
  while (counts.received < 2) {
    const auto told = expect<SyslogCounts>(SyslogMessageType::Counts);
    ASSERT_TRUE(told);
    counts = *told;
  }
  EXPECT_EQ(counts.received, 2U);
  EXPECT_EQ(counts.malformed, 1U);
  EXPECT_GE(counts.written, 2U);
  EXPECT_THAT(text_of(path("all")), ContainsRegex("here malformed.*no priority at all\n"));
}

TEST_F(SyslogServer, ByHandItSaysHowItIsMeant) {
  pid_ = fork();
  ASSERT_GE(pid_, 0);
  if (pid_ == 0) {
    const UniqueFd error(open(path("stderr").c_str(), O_WRONLY | O_CREAT, 0600));
    const UniqueFd nothing(open("/dev/null", O_RDONLY));
    dup2(nothing.get(), 0);
    dup2(error.get(), 2);
    execl(UVINETD_SYSLOGD, "uvinetd-syslogd", nullptr);
    _exit(127);
  }
  EXPECT_EQ(wait_for_end(), 2);
  EXPECT_THAT(text_of(path("stderr")), HasSubstr("started by it"));
}

}  // namespace
}  // namespace uvinetd::test
