// SPDX-License-Identifier: ISC
// Targets that lines are written to, over time.
#include "core/syslogd/targets/stream_sink.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <vector>

#include "core/syslogd/targets/file_sink.h"
#include "tests/pure/base/turning_loop.h"
#include "tests/pure/config/temporary_directory.h"

namespace uvinetd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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
  void ask_terminals(std::uint64_t, const std::vector<std::string>&) override {}
  void want_flush(SyslogSink&) override {}

  std::vector<std::string> told;
  int rotations = 0;

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

}  // namespace
}  // namespace uvinetd::test
