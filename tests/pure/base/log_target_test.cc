// SPDX-License-Identifier: ISC
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/pure/base/log_ends.h"

namespace uvinetd {
namespace {

bool is_nonblocking(int fd) {
  return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
}

// The target that descriptor `fd` gives as standard error, after one line was written to it.
LogForm form_on(int fd) {
  StderrIs replaced(fd);
  auto target = open_stderr_target();
  const auto form = target.form;
  Log log;
  log.open(std::move(target), "uvinetd");
  log.notice("hello");
  return form;
}

TEST(StderrTarget, OfAPipeDoesNotBlockUsAndLeavesTheSharedFlagAlone) {
  unsetenv("JOURNAL_STREAM");
  Pipe pipe = make_pipe(0);
  {
    StderrIs replaced(pipe.writer.get());
    const auto target = open_stderr_target();
    EXPECT_TRUE(is_nonblocking(target.fd.get()));
    EXPECT_NE(0, fcntl(target.fd.get(), F_GETFD) & FD_CLOEXEC);
  }
  EXPECT_FALSE(is_nonblocking(pipe.writer.get()));
  EXPECT_EQ(LogForm::Plain, form_on(pipe.writer.get()));
  EXPECT_NE("", read_all(pipe.reader.get()));
}

TEST(StderrTarget, OfATerminalHasItsForm) {
  UniqueFd master(posix_openpt(O_RDWR | O_NOCTTY));
  if (!master.is_open() || grantpt(master.get()) != 0 || unlockpt(master.get()) != 0) {
    GTEST_SKIP() << "no terminals here";
  }
  UniqueFd terminal(open(ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(terminal.is_open());
  EXPECT_EQ(LogForm::Terminal, form_on(terminal.get()));
  EXPECT_FALSE(is_nonblocking(terminal.get()));
  fcntl(master.get(), F_SETFL, O_NONBLOCK);
  EXPECT_NE("", read_all(master.get()));
}

TEST(StderrTarget, IsTheJournalOnlyWhenItIsThatStream) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
  UniqueFd writer(ends[0]);
  UniqueFd reader(ends[1]);
  fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  struct stat about {};
  fstat(writer.get(), &about);
  const auto right = std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
  setenv("JOURNAL_STREAM", right.c_str(), 1);
  EXPECT_EQ(LogForm::Stream, form_on(writer.get()));
  EXPECT_EQ("<5>hello\n", read_all(reader.get()));
  EXPECT_FALSE(is_nonblocking(writer.get()));
  for (const auto& wrong : {std::string("0:0"), std::string(""), std::string(":"), std::string("8"),
                            right + "1", right + " ", std::string("99999999999999999999999:1")}) {
    setenv("JOURNAL_STREAM", wrong.c_str(), 1);
    EXPECT_EQ(LogForm::Plain, form_on(writer.get())) << wrong;
  }
  unsetenv("JOURNAL_STREAM");
}

TEST(StderrTarget, OfAFileAppendsWhereOthersStopped) {
  char name[] = "/tmp/uvinetd-log-XXXXXX";
  UniqueFd file(mkstemp(name));
  ASSERT_TRUE(file.is_open());
  unlink(name);
  ASSERT_EQ(7, ::write(file.get(), "before\n", 7));
  EXPECT_EQ(LogForm::Plain, form_on(file.get()));
  ASSERT_EQ(0, lseek(file.get(), 0, SEEK_SET));
  const auto lines = split_lines(read_all(file.get()));
  ASSERT_EQ(2U, lines.size());
  EXPECT_EQ("before", lines[0]);
}

TEST(StderrTarget, IsNotOpenWhenStandardErrorIsClosed) {
  StderrIs closed(-1);
  EXPECT_FALSE(open_stderr_target().fd.is_open());
}

TEST(SyslogTarget, NeedsASyslogd) {
  FakeSyslogd syslogd;
  const auto target = open_syslog_target(syslogd.path());
  ASSERT_TRUE(target);
  EXPECT_EQ(LogForm::Syslog, target->form);
  EXPECT_TRUE(is_nonblocking(target->fd.get()));
  EXPECT_NE(0, fcntl(target->fd.get(), F_GETFD) & FD_CLOEXEC);
  syslogd.stop();
  EXPECT_EQ(ECONNREFUSED, open_syslog_target(syslogd.path()).error().code);
  EXPECT_EQ(ENOENT, open_syslog_target("/nonexistent/log").error().code);
  EXPECT_EQ(ENAMETOOLONG, open_syslog_target(std::string(200, 'x').c_str()).error().code);
}

}  // namespace
}  // namespace uvinetd
