// SPDX-License-Identifier: ISC
#include "core/monitor/syslog_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmp.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "core/monitor/logged_in.h"
#include "tests/pure/monitor/sockets_of_tests.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint32_t kMode = 0640;

std::string text_in(const std::string& path) {
  std::ifstream file(path);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

void put(const Result<UniqueFd>& fd, std::string_view text) {
  ASSERT_TRUE(fd) << fd.error().text();
  ASSERT_EQ(::write(fd->get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

mode_t mode_of(const std::string& path) {
  struct stat about {};
  return ::lstat(path.c_str(), &about) == 0 ? about.st_mode & 07777U : 0;
}

class SyslogFilesTest : public testing::Test {
 protected:
  SyslogAction action(const char* name, SyslogActionKind kind = SyslogActionKind::File) const {
    SyslogAction out;
    out.kind = kind;
    out.path = directory.file(name);
    return out;
  }
  std::string path(const char* name) const { return directory.file(name); }

  TemporaryDirectory directory;
};

TEST_F(SyslogFilesTest, MakesAFileWithItsModeAndAddsToIt) {
  const auto before = ::umask(077);
  put(open_syslog_action(action("messages"), 0644), "one\n");
  ::umask(before);
  put(open_syslog_action(action("messages"), 0600), "two\n");
  EXPECT_EQ(text_in(path("messages")), "one\ntwo\n");
  EXPECT_EQ(mode_of(path("messages")), 0644U) << "it was there: its mode stays";
}

TEST_F(SyslogFilesTest, FollowsNoLinkAndNoOtherName) {
  std::ofstream(path("shadow")) << "secret\n";
  ASSERT_EQ(::symlink("shadow", path("link").c_str()), 0);
  ASSERT_EQ(::link(path("shadow").c_str(), path("name").c_str()), 0);
  const auto link = open_syslog_action(action("link"), kMode);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, ELOOP);
  const auto name = open_syslog_action(action("name"), kMode);
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code, EMLINK);
  EXPECT_EQ(text_in(path("shadow")), "secret\n");
}

TEST_F(SyslogFilesTest, OpensAFifoWithoutAReader) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  put(open_syslog_action(action("fifo", SyslogActionKind::Fifo), kMode), "kept\n");
  const auto as_file = open_syslog_action(action("fifo"), kMode);
  EXPECT_TRUE(as_file) << "by its kind on the disk";
  const auto missing = open_syslog_action(action("none", SyslogActionKind::Fifo), kMode);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  std::ofstream(path("file")) << "";
  EXPECT_FALSE(open_syslog_action(action("file", SyslogActionKind::Fifo), kMode));
}

TEST_F(SyslogFilesTest, OpensNoDeviceButATerminal) {
  SyslogAction device;
  device.kind = SyslogActionKind::File;
  device.path = "/dev/zero";
  const auto opened = open_syslog_action(device, kMode);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, EINVAL);
}

TEST_F(SyslogFilesTest, ATerminalDoesNotBecomeOursAndDoesNotBlock) {
  const UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY));
  if (!master.is_open() || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0) {
    GTEST_SKIP() << "no pseudo terminals here";
  }
  SyslogAction terminal;
  terminal.kind = SyslogActionKind::Terminal;
  terminal.path = ::ptsname(master.get());
  const auto opened = open_syslog_action(terminal, kMode);
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_NE(::fcntl(opened->get(), F_GETFL) & O_NONBLOCK, 0);
  const std::string line(4096, 'x');
  ssize_t last = 0;
  for (int i = 0; i < 1000 && last >= 0; ++i)
    last = ::write(opened->get(), line.data(), line.size());
  EXPECT_EQ(last, -1) << "full";
  EXPECT_EQ(errno, EAGAIN);
}

TEST_F(SyslogFilesTest, AUsersTerminalIsAskedWhetherItWantsMessages) {
  const UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY));
  if (!master.is_open() || ::grantpt(master.get()) != 0 || ::unlockpt(master.get()) != 0) {
    GTEST_SKIP() << "no pseudo terminals here";
  }
  const std::string path = ::ptsname(master.get());
  const auto name = path.substr(std::strlen("/dev/"));
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  const auto refused = open_user_terminal(name, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EPERM);
  EXPECT_TRUE(open_user_terminal(name, true)) << "an emergency is for everybody";
  ASSERT_EQ(::chmod(path.c_str(), 0620), 0);
  EXPECT_TRUE(open_user_terminal(name, false));
  EXPECT_FALSE(open_user_terminal("null", true));
}

TEST_F(SyslogFilesTest, RotatesAndKeepsSoMany) {
  const auto log = action("log");
  for (const char* text : {"1\n", "2\n", "3\n", "4\n"}) {
    put(open_syslog_action(log, kMode), text);
    ASSERT_EQ(::chmod(log.path.c_str(), 0604), 0);
    ASSERT_TRUE(rotate_syslog_file(log, 2, kMode));
    EXPECT_EQ(mode_of(log.path), 0604U) << "as it was";
  }
  EXPECT_EQ(text_in(path("log")), "");
  EXPECT_EQ(text_in(path("log.1")), "4\n");
  EXPECT_EQ(text_in(path("log.2")), "3\n");
  EXPECT_FALSE(std::ifstream(path("log.3")).is_open());
}

TEST_F(SyslogFilesTest, RotatesToNothing) {
  const auto log = action("log");
  put(open_syslog_action(log, kMode), "old\n");
  put(rotate_syslog_file(log, 0, kMode), "new\n");
  EXPECT_EQ(text_in(log.path), "new\n");
  EXPECT_FALSE(std::ifstream(path("log.1")).is_open());
}

TEST_F(SyslogFilesTest, RotatesNoLink) {
  std::ofstream(path("shadow")) << "secret\n";
  ASSERT_EQ(::symlink("shadow", path("log").c_str()), 0);
  EXPECT_FALSE(rotate_syslog_file(action("log"), 2, kMode));
  EXPECT_EQ(text_in(path("shadow")), "secret\n");
}

// ---- who is logged in ------------------------------------------------------------------------

TEST(LoggedIn, ANameOfATerminalLeadsNowhereElse) {
  EXPECT_TRUE(is_terminal_name("pts/3"));
  EXPECT_TRUE(is_terminal_name("tty1"));
  for (const char* bad : {"", "/etc/passwd", "../etc/passwd", "pts/../../etc", "a b", "a\nb"}) {
    EXPECT_FALSE(is_terminal_name(bad)) << bad;
  }
}

#ifdef __linux__
TEST(LoggedIn, IsReadFromTheFile) {
  const TemporaryDirectory directory;
  const auto file = directory.file("utmp");
  const auto add = [&](short type, pid_t pid, const char* user, const char* line) {
    utmp entry{};
    entry.ut_type = type;
    entry.ut_pid = pid;
    std::strncpy(entry.ut_user, user, sizeof entry.ut_user - 1);
    std::strncpy(entry.ut_line, line, sizeof entry.ut_line - 1);
    std::ofstream(file, std::ios::binary | std::ios::app)
        .write(reinterpret_cast<const char*>(&entry), sizeof entry);
  };
  add(USER_PROCESS, getpid(), "ann", "pts/1");
  add(DEAD_PROCESS, getpid(), "bob", "pts/2");
  add(USER_PROCESS, 0x7ffffff0, "cid", "pts/3");
  add(USER_PROCESS, getpid(), "eve", "../null");
  std::ofstream(file, std::ios::binary | std::ios::app) << "a torn entry";
  const auto found = read_logged_in(file);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].user, "ann");
  EXPECT_EQ(found[0].terminal, "pts/1");
  EXPECT_THAT(read_logged_in(directory.file("none")), IsEmpty());
}
#endif

}  // namespace
}  // namespace uvinetd
