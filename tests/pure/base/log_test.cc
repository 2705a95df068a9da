// SPDX-License-Identifier: ISC
#include "core/base/log.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/pure/base/log_ends.h"

namespace uvinetd {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

std::string own_tag() {
  return "uvinetd[" + std::to_string(getpid()) + "]: ";
}

TEST(Log, WritesSyslogsWireForm) {
  FakeSyslogd syslogd;
  Log log;
  log.open(open_syslog_target(syslogd.path()).value(), "inetd");
  log.set_level(LogLevel::Debug);
  log.error("a {}", 1);
  log.warning("b");
  log.notice("c");
  log.info("d");
  log.debug("e");
  const std::string rest = "[A-Z][a-z][a-z] [ 0-9][0-9] [0-9]+:[0-9]+:[0-9]+ inetd.[0-9]+.: ";
  EXPECT_THAT(syslogd.read(), MatchesRegex("<27>" + rest + "a 1"));
  EXPECT_THAT(syslogd.read(), MatchesRegex("<28>" + rest + "b"));
  EXPECT_THAT(syslogd.read(), MatchesRegex("<29>" + rest + "c"));
  EXPECT_THAT(syslogd.read(), MatchesRegex("<30>" + rest + "d"));
  const auto last = syslogd.read();
  EXPECT_THAT(last, MatchesRegex("<31>" + rest + "e"));
  EXPECT_THAT(last, HasSubstr("inetd[" + std::to_string(getpid()) + "]: "));
}

std::string written(LogForm form, LogLevel level, std::string_view text) {
  Pipe pipe = make_pipe();
  Log log;
  log.open({form, std::move(pipe.writer)}, "uvinetd");
  log.write(level, text);
  return read_all(pipe.reader.get());
}

TEST(Log, WritesTheFormsOfStandardError) {
  EXPECT_EQ(own_tag() + "up\n", written(LogForm::Plain, LogLevel::Notice, "up"));
  EXPECT_EQ("<5>up\n", written(LogForm::Stream, LogLevel::Notice, "up"));
  EXPECT_THAT(
      written(LogForm::Terminal, LogLevel::Notice, "up"),
      MatchesRegex("[A-Z][a-z][a-z] [ 0-9][0-9] [0-9]+:[0-9]+:[0-9]+ uvinetd.[0-9]+.: up\n"));
}

TEST(Log, WritesOneLinePerEventWhateverIsInIt) {
  EXPECT_EQ(own_tag() + "a\\x0auvinetd[1]: forged\\x00\\xff\n",
            written(LogForm::Plain, LogLevel::Info, "a\nuvinetd[1]: forged\0\xff"sv));
}

TEST(Log, CutsALineThatAPipeWouldNotTakeWhole) {
  const auto line = written(LogForm::Terminal, LogLevel::Info, std::string(100'000, 'x'));
  EXPECT_LT(line.size(), 4096U);
  EXPECT_THAT(line, HasSubstr("xxx...\n"));
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  Pipe pipe = make_pipe();
  Log log;
  log.open({LogForm::Plain, std::move(pipe.writer)}, "uvinetd");
  log.debug("not by default");
  log.info("by default");
  log.set_level(LogLevel::Warning);
  log.notice("no more");
  EXPECT_EQ(own_tag() + "by default\n", read_all(pipe.reader.get()));
}

TEST(Log, KeepsLinesWrittenBeforeItIsOpen) {
  Pipe pipe = make_pipe();
  Log log;
  log.notice("early");
  EXPECT_TRUE(log.has_backlog());
  log.open({LogForm::Plain, std::move(pipe.writer)}, "uvinetd");
  EXPECT_FALSE(log.has_backlog());
  EXPECT_EQ(own_tag() + "early\n", read_all(pipe.reader.get()));
}

TEST(Log, NamesTheProcessThatWrites) {
  Pipe pipe = make_pipe();
  Log log;
  log.open({LogForm::Plain, std::move(pipe.writer)}, "uvinetd");
  const pid_t child = fork();
  if (child == 0) {
    log.notice("child");
    _exit(0);
  }
  ASSERT_EQ(child, waitpid(child, nullptr, 0));
  EXPECT_EQ("uvinetd[" + std::to_string(child) + "]: child\n", read_all(pipe.reader.get()));
}

// Writes numbered lines until the target is full and `more` beyond the queue's bound; returns how
// many were written in all.
std::uint64_t overfill(Log& log, std::uint64_t more) {
  std::uint64_t count = 0;
  while (!log.has_backlog()) log.notice("line {} {}", count++, std::string(300, '.'));
  for (std::uint64_t i = 1; i < Log::kQueueLines + more; ++i) log.notice("line {}", count++);
  return count;
}

// Of lines "... line N ..." and one notice: that N counts up without a gap to the notice.
void expect_all_but(const std::vector<std::string>& lines, std::uint64_t written,
                    std::uint64_t dropped, std::uint64_t later) {
  ASSERT_EQ(written - dropped + 1 + later, lines.size());
  for (std::uint64_t i = 0; i < written - dropped; ++i) {
    ASSERT_THAT(lines[i] + " ", HasSubstr(": line " + std::to_string(i) + " "));
  }
  EXPECT_THAT(lines[written - dropped],
              HasSubstr(": " + std::to_string(dropped) + " lines of the log were dropped"));
}

class FullTarget : public testing::TestWithParam<int> {};

TEST_P(FullTarget, BlocksNobodyAndTellsWhatItDropped) {
  Pipe pipe = make_pipe(GetParam());  // with a blocking descriptor too
  int troubles = 0;
  Log log;
  log.on_trouble([&] { ++troubles; });
  log.open({LogForm::Plain, std::move(pipe.writer)}, "uvinetd");
  const auto count = overfill(log, 5);
  EXPECT_EQ(1, troubles);
  EXPECT_FALSE(log.is_lost());

  std::string got;
  while (log.has_backlog()) {
    got += read_all(pipe.reader.get());
    log.flush();
  }
  log.notice("after");
  got += read_all(pipe.reader.get());
  const auto lines = split_lines(got);
  expect_all_but(lines, count, 5, 1);
  EXPECT_EQ(own_tag() + "after", lines.back());

  overfill(log, 0);
  EXPECT_EQ(2, troubles) << "told again after the first trouble was over";
}

INSTANTIATE_TEST_SUITE_P(Pipe, FullTarget, testing::Values(O_NONBLOCK, 0));

TEST(Log, PutsTheDropNoticeWhereTheLinesAreMissing) {
  Pipe pipe = make_pipe();
  Log log;
  log.open({LogForm::Plain, std::move(pipe.writer)}, "uvinetd");
  const auto count = overfill(log, 1);
  std::string got = read_all(pipe.reader.get());
  log.flush();
  log.notice("between");  // room again, but the queue has not run empty
  while (log.has_backlog()) {
    got += read_all(pipe.reader.get());
    log.flush();
  }
  got += read_all(pipe.reader.get());
  const auto lines = split_lines(got);
  ASSERT_EQ(count - 1 + 2, lines.size());
  EXPECT_EQ(own_tag() + "1 line of the log was dropped", lines[count - 1]);
  EXPECT_EQ(own_tag() + "between", lines[count]);
}

TEST(Log, BlocksNobodyOnAFullSyslogSocket) {
  FakeSyslogd syslogd;
  Log log;
  log.open(open_syslog_target(syslogd.path()).value(), "uvinetd");
  const auto count = overfill(log, 7);
  EXPECT_FALSE(log.is_lost());
  std::vector<std::string> lines;
  do {
    for (std::string line; !(line = syslogd.read()).empty();) lines.push_back(line);
    log.flush();
  } while (log.has_backlog());
  for (std::string line; !(line = syslogd.read()).empty();) lines.push_back(line);
  expect_all_but(lines, count, 7, 0);
  EXPECT_THAT(lines.back(), StartsWith("<28>")) << "a warning";
}

TEST(Log, KeepsItsLinesForTheNextSyslogd) {
  FakeSyslogd syslogd;
  int troubles = 0;
  Log log;
  log.on_trouble([&] { ++troubles; });
  log.open(open_syslog_target(syslogd.path()).value(), "uvinetd");
  syslogd.stop();
  log.notice("one");
  EXPECT_TRUE(log.is_lost());
  log.notice("two");
  log.flush();
  EXPECT_EQ(1, troubles);

  syslogd.start();
  log.flush();
  EXPECT_EQ("", syslogd.read()) << "only open() mends it";
  log.open(open_syslog_target(syslogd.path()).value(), "uvinetd");
  EXPECT_FALSE(log.is_lost());
  EXPECT_FALSE(log.has_backlog());
  EXPECT_THAT(syslogd.read(), HasSubstr(": one"));
  EXPECT_THAT(syslogd.read(), HasSubstr(": two"));
}

TEST(Log, SurvivesAPipeWhoseReaderHasGone) {
  signal(SIGPIPE, SIG_IGN);
  Pipe pipe = make_pipe();
  Log log;
  log.open({LogForm::Plain, std::move(pipe.writer)}, "uvinetd");
  pipe.reader.reset();
  log.notice("to nobody");
  EXPECT_TRUE(log.is_lost());
  pipe = make_pipe();
  log.open({LogForm::Stream, std::move(pipe.writer)}, "uvinetd");
  EXPECT_EQ("<5>to nobody\n", read_all(pipe.reader.get())) << "in the new target's form";
  signal(SIGPIPE, SIG_DFL);
}

TEST(Log, SurvivesAStreamSocketWhoseReaderHasGone) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
  Log log;
  log.open({LogForm::Plain, UniqueFd(ends[0])}, "uvinetd");
  close(ends[1]);
  log.notice("to nobody");  // SIGPIPE has its default action here
  EXPECT_TRUE(log.is_lost());
}

TEST(Log, FinishesALineThatWasTakenInPart) {
  auto [writer, reader] = make_tcp_pair();  // Unix sockets take small pieces whole
  fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  const int small = 1;
  setsockopt(writer.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  Log log;
  log.open({LogForm::Plain, std::move(writer)}, "uvinetd");
  std::string expected;
  for (int i = 0; i < 1000 && (!log.has_backlog() || i % 10 != 0); ++i) {
    const std::string text(3000, static_cast<char>('a' + i % 26));
    log.notice("{}", text);
    expected += own_tag() + text + "\n";
  }
  EXPECT_TRUE(log.has_backlog());
  std::string got;
  while (got.size() < expected.size()) {
    pollfd one{reader.get(), POLLIN, 0};
    ASSERT_EQ(1, poll(&one, 1, 10'000)) << "after " << got.size() << " of " << expected.size();
    got += read_all(reader.get());
    log.flush();
  }
  EXPECT_EQ(expected, got);
}

TEST(Log, DropsALineThatTheSocketCanNeverTake) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends));
  UniqueFd reader(ends[1]);
  fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  const int small = 1;
  setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  Log log;
  UniqueFd writer(ends[0]);
  const auto target = [&] {
    return LogTarget{LogForm::Plain, UniqueFd(fcntl(writer.get(), F_DUPFD_CLOEXEC, 3))};
  };
  log.open(target(), std::string(2000, 'i'));  // with the text more than the least send buffer
  log.notice("{}", std::string(3700, 'x'));
  EXPECT_FALSE(log.has_backlog());
  EXPECT_EQ("", read_all(reader.get()));
  log.open(target(), "uvinetd");
  log.notice("short");
  EXPECT_THAT(split_lines(read_all(reader.get())),
              ElementsAre(own_tag() + "1 line of the log was dropped", own_tag() + "short"));
}

}  // namespace
}  // namespace uvinetd
