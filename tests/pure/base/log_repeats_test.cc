// SPDX-License-Identifier: ISC
#include <gmock/gmock.h>

#include "core/base/repeats.h"
#include "tests/pure/base/log_ends.h"

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;

TEST(Repeats, WritesTheFirstOfARunAndCountsTheRest) {
  Repeats repeats(2);
  EXPECT_EQ(repeats.over(false, 0ms), 0U);
  EXPECT_TRUE(repeats.allows(0ms));
  EXPECT_EQ(repeats.over(true, 1ms), 0U);
  EXPECT_TRUE(repeats.allows(1ms));
  EXPECT_EQ(repeats.over(true, 2ms), 0U);
  EXPECT_FALSE(repeats.allows(2ms));
  EXPECT_FALSE(repeats.allows(3ms));
  EXPECT_EQ(repeats.over(false, 4ms), 2U);
  EXPECT_TRUE(repeats.allows(4ms));
}

TEST(Repeats, EndTheRunAfterItsTime) {
  Repeats repeats(1);
  (void)repeats.over(false, 5ms);
  EXPECT_TRUE(repeats.allows(5ms));
  EXPECT_FALSE(repeats.allows(6ms));
  EXPECT_EQ(repeats.over(true, 4ms + Repeats::kTime), 0U);
  EXPECT_EQ(repeats.over(true, 5ms + Repeats::kTime), 1U);
  EXPECT_TRUE(repeats.allows(5ms + Repeats::kTime));
  EXPECT_FALSE(repeats.allows(6ms + Repeats::kTime));
  EXPECT_EQ(repeats.take(), 1U);
  EXPECT_EQ(repeats.take(), 0U);
}

struct OneLog {
  OneLog() { log.open({LogForm::Stream, std::move(pipe.writer)}, "uvinetd"); }
  std::vector<std::string> lines() { return split_lines(read_all(pipe.reader.get())); }
  Pipe pipe = make_pipe();
  Log log;
};

TEST(Log, CountsAnErrorThatIsSaidAgain) {
  OneLog one;
  int told = 0;
  one.log.on_repeat([&] { ++told; });
  for (int i = 0; i < 4; ++i) one.log.error("no");
  EXPECT_THAT(one.lines(), ElementsAre("<3>no"));
  EXPECT_EQ(told, 3);
  one.log.warning("no");  // is another
  EXPECT_THAT(one.lines(), ElementsAre("<3>repeated n=3 no", "<4>no"));
  one.log.warning("no");
  one.log.tell_repeats();
  EXPECT_THAT(one.lines(), ElementsAre("<4>repeated n=1 no"));
  one.log.tell_repeats();
  EXPECT_THAT(one.lines(), ElementsAre());
}

TEST(Log, CountsNeitherNoticesNorEventsNorWhatSomethingElseStandsBetween) {
  OneLog one;
  for (int i = 0; i < 2; ++i) one.log.notice("up");
  for (int i = 0; i < 2; ++i) one.log.write(Event(LogLevel::Warning, "pause").add("id", "a"));
  for (int i = 0; i < 2; ++i) {
    one.log.error("no");
    one.log.info("yes");
  }
  EXPECT_EQ(one.lines().size(), 8U);
}

// As a full disk is.
TEST(Log, TellsAFileThatCannotBeWrittenOnceAndWhenItCanBe) {
  Log log;
  std::vector<int> told;
  log.on_file_trouble([&](int code) {
    told.push_back(code);
    if (code == 0) log.notice("again");
  });
  log.open({LogForm::File, UniqueFd(open("/dev/full", O_WRONLY | O_CLOEXEC))}, "uvinetd");
  log.error("one");
  log.error("two");
  log.flush();
  EXPECT_THAT(told, ElementsAre(ENOSPC));
  EXPECT_TRUE(log.has_backlog());
  Pipe pipe = make_pipe();
  log.open({LogForm::File, std::move(pipe.writer)}, "uvinetd");
  EXPECT_THAT(told, ElementsAre(ENOSPC, 0));
  EXPECT_THAT(split_lines(read_all(pipe.reader.get())),
              ElementsAre(EndsWith(": one"), EndsWith(": two"), EndsWith(": again")));
}

TEST(Log, SendsTheJournalFieldsInOneDatagram) {
  FakeSyslogd journal;
  Log log;
  log.open(open_journal_target(journal.path()).value(), "uvinetd");
  log.write(Event(LogLevel::Info, "start").add("id", "a").add("pid", 7));
  EXPECT_EQ(journal.read(),
            "MESSAGE=start id=a pid=7\nPRIORITY=6\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=uvinetd\n"
            "UVINETD_EVENT=start\nUVINETD_ID=a\nUVINETD_PID=7\n");
  log.notice("up\nMESSAGE=forged");
  EXPECT_EQ(journal.read(),
            "MESSAGE=up\\x0aMESSAGE=forged\nPRIORITY=5\nSYSLOG_FACILITY=3\n"
            "SYSLOG_IDENTIFIER=uvinetd\n");
}

TEST(Log, GivesAnEventOfXinetdTwoLinesWhereThatHasTwo) {
  OneLog one;
  one.log.set_format(LogFormat::Xinetd);
  one.log.write(Event(LogLevel::Info, "exit").add("id", "a").add("received", 1).add("sent", 2));
  EXPECT_THAT(one.lines(), ElementsAre("<6>EXIT: a", "<6>TRAFFIC: a in=1(bytes) out=2(bytes)"));
}

}  // namespace
}  // namespace uvinetd
