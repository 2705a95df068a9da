// SPDX-License-Identifier: ISC
// Targets that lines are written to, over time.
#include "core/syslogd/targets/stream_sink.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <pty.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "core/syslogd/targets/file_sink.h"
#include "core/syslogd/targets/users_sink.h"
#include "tests/pure/base/turning_loop.h"
#include "tests/pure/config/temporary_directory.h"

namespace uvinetd::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class FakeHost final : public SyslogSinkHost {
 public:
  FakeHost(Loop& loop, Timers& timers) : loop_(loop), timers_(timers) {}
  Loop& loop() override { return loop_; }
  Timers& timers() override { return timers_; }
  SyslogCounts& counts() override { return counts_; }
  void tell(SyslogSeverity, std::string text, const SyslogSink*, bool) override {
    told.push_back(std::move(text));
  }
  void ask_rotation(SyslogSink&) override { ++rotations; }
  std::uint64_t ask_terminals(const std::vector<std::string>& users) override {
    asked.push_back(users);
    return asked.size();
  }
  void want_flush(SyslogSink&) override {}

  std::vector<std::string> told;
  int rotations = 0;
  std::vector<std::vector<std::string>> asked;

 private:
  Loop& loop_;
  Timers& timers_;
  SyslogCounts counts_;
};

class StreamSinkTest : public LoopTest {
 protected:
  static SyslogAction action(SyslogActionKind kind) {
    SyslogAction out;
    out.kind = kind;
    out.path = "/target";
    return out;
  }
  void add(SyslogSink& sink, const std::string& words) {
    record_.text = words;
    record_.host = "here";
    text_.set(record_);
    sink.add(text_);
    sink.flush();
  }
  UniqueFd open_fifo() {
    const auto path = folder_.path_of("fifo");
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    return UniqueFd(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  }
  static void fill(int fd) {
    const std::string much(65'536, 'x');
    while (write(fd, much.data(), much.size()) > 0) {
    }
    while (write(fd, "x", 1) > 0) {
    }
  }
  static void empty(int fd) {
    std::array<char, 65'536> some;
    while (read(fd, some.data(), some.size()) > 0) {
    }
  }

  uvinetd::testing::TemporaryDirectory folder_;
  FakeHost host_{loop, timers};

 private:
  SyslogRecord record_;
  SyslogText text_;
};

TEST_F(StreamSinkTest, ATerminalThatTakesNothingLosesWhatIsOld) {
  TerminalSink sink(host_, action(SyslogActionKind::Terminal), {});
  auto fd = open_fifo();
  const UniqueFd other(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  sink.open(std::move(fd), 0);
  fill(other.get());
  add(sink, "old");
  pass(std::chrono::seconds(9));
  EXPECT_TRUE(sink.has_backlog());
  pass(std::chrono::seconds(2));
  EXPECT_FALSE(sink.has_backlog());
  EXPECT_EQ(host_.counts().dropped, 1U);
  EXPECT_THAT(host_.told, IsEmpty());
  empty(other.get());
  add(sink, "new");
  EXPECT_THAT(host_.told, ElementsAre("1 message for /target was dropped"));
}

TEST_F(StreamSinkTest, AnErrorIsToldOnceWhileItLasts) {
  TerminalSink sink(host_, action(SyslogActionKind::Terminal), {});
  sink.open(UniqueFd(open("/dev/full", O_WRONLY | O_CLOEXEC)), 0);
  add(sink, "one");
  const auto told = ElementsAre(HasSubstr("cannot write to /target: No space left on device"));
  EXPECT_THAT(host_.told, told);
  for (int i = 0; i < 300; ++i) pass(std::chrono::seconds(1));
  add(sink, "two");
  for (int i = 0; i < 300; ++i) pass(std::chrono::seconds(1));
  EXPECT_THAT(host_.told, told);
  EXPECT_EQ(host_.counts().dropped, 2U);
}

TEST_F(StreamSinkTest, AFileKeepsWhatItCannotWriteYet) {
  FileSink sink(host_, action(SyslogActionKind::File), {}, 0);
  sink.open(UniqueFd(open("/dev/full", O_WRONLY | O_CLOEXEC)), 0);
  add(sink, "one");
  for (int i = 0; i < 300; ++i) pass(std::chrono::seconds(1));
  EXPECT_TRUE(sink.has_backlog());
  sink.open(UniqueFd(open("/dev/null", O_WRONLY | O_CLOEXEC)), 0);
  EXPECT_FALSE(sink.has_backlog());
  EXPECT_EQ(host_.counts().written, 1U);
  ASSERT_EQ(host_.told.size(), 2U);
  EXPECT_EQ(host_.told[1], "/target is written again");
}

TEST_F(StreamSinkTest, ARotationWithoutAnswerIsAskedForAgainLater) {
  FileSink sink(host_, action(SyslogActionKind::File), {}, 10);
  const auto path = folder_.path_of("file");
  sink.open(UniqueFd(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)), 0);
  add(sink, "longer than that");
  add(sink, "longer than that");
  EXPECT_EQ(host_.rotations, 1);
  sink.open(UniqueFd(), EROFS);
  EXPECT_THAT(host_.told, ElementsAre("cannot open /target: Read-only file system; the one that is "
                                      "open goes on"));
  add(sink, "longer than that");
  EXPECT_EQ(host_.rotations, 1);
  pass(std::chrono::seconds(61));
  add(sink, "longer than that");
  EXPECT_EQ(host_.rotations, 2);
}

TEST_F(StreamSinkTest, AFileThatSomebodyElseHasCutIsNotRotated) {
  FileSink sink(host_, action(SyslogActionKind::File), {}, 60);
  const auto path = folder_.path_of("file");
  sink.open(UniqueFd(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)), 0);
  add(sink, "forty octets or so, with time and host");
  ASSERT_EQ(truncate(path.c_str(), 0), 0);
  add(sink, "forty octets or so, with time and host");
  EXPECT_EQ(host_.rotations, 0);
  add(sink, "forty octets or so, with time and host");
  EXPECT_EQ(host_.rotations, 1);
}

// A pipe that takes `room` octets more.
struct Pipe {
  UniqueFd reader;
  UniqueFd writer;

  explicit Pipe(std::size_t room) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    reader = UniqueFd(ends[0]);
    writer = UniqueFd(ends[1]);
    for (const int fd : ends) EXPECT_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fill(writer.get());
    std::array<char, 4096> page;
    EXPECT_EQ(read(reader.get(), page.data(), page.size()), 4096);
    const std::string rest(4096 - room, 'x');
    EXPECT_EQ(write(writer.get(), rest.data(), rest.size()), static_cast<ssize_t>(rest.size()));
  }
  static void fill(int fd) {
    const std::string page(4096, 'x');
    while (write(fd, page.data(), page.size()) > 0) {
    }
  }
  // All that is in it, but what it was filled with.
  [[nodiscard]] std::string text() const {
    std::string out;
    std::array<char, 4096> some;
    for (ssize_t size = 0; (size = read(reader.get(), some.data(), some.size())) > 0;)
      out.append(some.data(), static_cast<std::size_t>(size));
    return out.substr(std::min(out.find_first_not_of('x'), out.size()));
  }
};

// Longer than a page, so that a pipe takes a part of it.
const std::string kLong(6'000, 'L');

std::string all_of(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string out(100'000, '\0');
  out.resize(static_cast<std::size_t>(std::max<ssize_t>(read(fd.get(), out.data(), 100'000), 0)));
  return out;
}

TEST_F(StreamSinkTest, AnotherFileGetsAWholeLine) {
  FileSink sink(host_, action(SyslogActionKind::File), {}, 0);
  const Pipe pipe(4'096);
  sink.open(UniqueFd(fcntl(pipe.writer.get(), F_DUPFD_CLOEXEC, 0)), 0);
  add(sink, kLong);
  EXPECT_THAT(pipe.text(), Not(HasSubstr("\n")));
  const auto path = folder_.path_of("file");
  sink.open(UniqueFd(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)), 0);
  EXPECT_FALSE(sink.has_backlog());
  EXPECT_THAT(all_of(path), AllOf(HasSubstr(" here "), EndsWith(kLong + "\n")));
  EXPECT_EQ(all_of(path).find('\n'), all_of(path).size() - 1);
}

TEST_F(StreamSinkTest, TheSameFileGetsTheRestOfTheLine) {
  FileSink sink(host_, action(SyslogActionKind::File), {}, 0);
  const Pipe pipe(4'096);
  sink.open(UniqueFd(fcntl(pipe.writer.get(), F_DUPFD_CLOEXEC, 0)), 0);
  add(sink, kLong);
  auto text = pipe.text();
  sink.open(UniqueFd(fcntl(pipe.writer.get(), F_DUPFD_CLOEXEC, 0)), 0);
  text += pipe.text();
  EXPECT_THAT(text, EndsWith(kLong + "\n"));
  EXPECT_EQ(text.find(" here "), text.rfind(" here "));
}

TEST_F(StreamSinkTest, WhatIsDroppedInTheMiddleOfALineIsEnded) {
  TerminalSink sink(host_, action(SyslogActionKind::Terminal), {});
  const Pipe pipe(4'096);
  sink.open(UniqueFd(fcntl(pipe.writer.get(), F_DUPFD_CLOEXEC, 0)), 0);
  add(sink, kLong);
  add(sink, "lost");
  pass(std::chrono::seconds(11));
  EXPECT_EQ(host_.counts().dropped, 2U);
  pass(std::chrono::seconds(11));  // and once more while it takes nothing
  EXPECT_EQ(host_.counts().dropped, 2U);
  auto text = pipe.text();
  EXPECT_THAT(text, EndsWith("L"));
  add(sink, "new");
  text = pipe.text();
  EXPECT_THAT(text, AllOf(StartsWith("\r\n"), EndsWith("new\r\n"), Not(HasSubstr("lost"))));
  EXPECT_THAT(host_.told, ElementsAre("2 messages for /target were dropped"));
}

TEST_F(StreamSinkTest, AnotherTargetGetsNoEndOfALineThatWasDropped) {
  TerminalSink sink(host_, action(SyslogActionKind::Terminal), {});
  const Pipe pipe(4'096);
  sink.open(UniqueFd(fcntl(pipe.writer.get(), F_DUPFD_CLOEXEC, 0)), 0);
  add(sink, kLong);
  pass(std::chrono::seconds(11));
  EXPECT_EQ(host_.counts().dropped, 1U);
  const Pipe next(4'096);
  sink.open(UniqueFd(fcntl(next.writer.get(), F_DUPFD_CLOEXEC, 0)), 0);
  add(sink, "new");
  EXPECT_THAT(next.text(), AllOf(EndsWith("new\r\n"), Not(HasSubstr("L"))));
}

TEST_F(StreamSinkTest, ATerminalThatHungUpIsOpenedAnew) {
  TerminalSink sink(host_, action(SyslogActionKind::Terminal), {});
  const auto hung_up = [] {
    int ends[2] = {-1, -1};
    EXPECT_EQ(openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr), 0);
    close(ends[0]);
    return UniqueFd(ends[1]);
  };
  sink.open(hung_up(), 0);
  add(sink, "one");
  EXPECT_EQ(host_.rotations, 1);
  sink.open(hung_up(), 0);
  EXPECT_EQ(host_.rotations, 1);  // not at once
  sink.open(UniqueFd(), ENXIO);
  sink.open(UniqueFd(), ENXIO);
  for (int i = 0; i < 5; ++i) pass(std::chrono::seconds(1));
  EXPECT_EQ(host_.rotations, 2);
  EXPECT_THAT(host_.told,
              ElementsAre(HasSubstr("cannot write to /target: Input/output error"),
                          "cannot open /target: No such device or address; its messages wait"));
  const Pipe pipe(4'096);
  sink.open(UniqueFd(fcntl(pipe.writer.get(), F_DUPFD_CLOEXEC, 0)), 0);
  EXPECT_THAT(pipe.text(), EndsWith("one\r\n"));
  EXPECT_EQ(host_.told.back(), "/target is written again");
}

class UsersSinkTest : public StreamSinkTest {
 protected:
  static SyslogAction users(std::vector<std::string> names) {
    SyslogAction out;
    out.kind = SyslogActionKind::Users;
    out.users = std::move(names);
    return out;
  }
};

TEST_F(UsersSinkTest, LinesForWhoIsAbsentAreCountedAndNotToldEach) {
  UsersSink sink(host_, users({"ann", "bob"}), {});
  add(sink, "one");
  add(sink, "two");
  sink.terminals({1, {}, {"ann", "bob", "eve"}}, {});
  EXPECT_FALSE(sink.has_backlog());
  EXPECT_EQ(host_.counts().dropped, 2U);
  EXPECT_EQ(host_.counts().written, 0U);
  EXPECT_THAT(host_.told, ElementsAre(HasSubstr("user ann is not"), HasSubstr("user bob is not")));
}

TEST_F(UsersSinkTest, AnAnswerThatIsForOthersTooIsTakenInPart) {
  UsersSink sink(host_, users({"ann"}), {});
  add(sink, "one");
  const Pipe anns(4'096);
  const Pipe eves(4'096);
  std::vector<UniqueFd> fds;
  for (const auto* one : {&eves, &anns})
    fds.emplace_back(fcntl(one->writer.get(), F_DUPFD_CLOEXEC, 0));
  sink.terminals({1, {"eve", "ann"}, {}}, fds);
  EXPECT_THAT(anns.text(), EndsWith("one\r\n"));
  EXPECT_EQ(eves.text(), "");
  EXPECT_EQ(host_.counts().written, 1U);
}

TEST_F(UsersSinkTest, AnAnswerWithoutNamesMeansLater) {
  UsersSink sink(host_, users({"ann"}), {});
  add(sink, "one");
  for (std::uint64_t ticket = 1; ticket <= 30; ++ticket) {
    ASSERT_EQ(host_.asked.size(), ticket);
    sink.terminals({ticket, {}, {}}, {});
    EXPECT_EQ(host_.asked.size(), ticket);
    pass(std::chrono::seconds(1));
  }
  EXPECT_TRUE(sink.has_backlog());
  EXPECT_EQ(host_.counts().dropped, 0U);
}

TEST_F(UsersSinkTest, EverybodyBeingNobodyIsNoLoss) {
  UsersSink sink(host_, users({"*"}), {});
  add(sink, "one");
  for (std::uint64_t ticket = 1; sink.has_backlog() && ticket < 30; ++ticket) {
    sink.terminals({ticket, {}, {}}, {});
    pass(std::chrono::seconds(1));
  }
  EXPECT_FALSE(sink.has_backlog());
  EXPECT_EQ(host_.asked.size(), 11U);
  EXPECT_EQ(host_.counts().dropped, 0U);
  EXPECT_THAT(host_.told, IsEmpty());
}

}  // namespace
}  // namespace uvinetd::test
