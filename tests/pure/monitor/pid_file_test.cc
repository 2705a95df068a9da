// SPDX-License-Identifier: ISC
#include "core/monitor/pid_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/pure/base/in_child.h"

namespace uvinetd {
namespace {

namespace fs = std::filesystem;

class PidFileTest : public testing::Test {
 protected:
  PidFileTest() {
    std::string pattern = (fs::temp_directory_path() / "pid_file_test.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ / "inetd.pid";
  }
  ~PidFileTest() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  fs::path folder_;
  fs::path path_;
};

TEST_F(PidFileTest, IsLockedFirstAndWrittenLater) {
  auto file = PidFile::open(path_);
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_EQ(content(), "");
  ASSERT_TRUE(file->write());
  EXPECT_EQ(content(), std::to_string(::getpid()) + "\n");
  file->remove();
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(PidFileTest, ASecondDaemonIsRefusedAndToldWhoHoldsIt) {
  auto file = PidFile::open(path_);
  ASSERT_TRUE(file && file->write());
  const auto holder = std::to_string(::getpid());
  EXPECT_EQ(test::in_child([&] {
              const auto second = PidFile::open(path_);
              if (second) return 1;
              const auto& error = second.error();
              if (error.code != EAGAIN || std::string(error.op) != "lock") return 2;
              return error.subject.find(holder) != std::string::npos ? 0 : 3;
            }),
            0);
  EXPECT_EQ(content(), holder + "\n");
}

TEST_F(PidFileTest, AStaleFileIsNoObstacleAndItsContentGoes) {
  std::ofstream(path_) << "99999999 and some more text\n";
  auto file = PidFile::open(path_);
  ASSERT_TRUE(file && file->write());
  EXPECT_EQ(content(), std::to_string(::getpid()) + "\n");
}

TEST_F(PidFileTest, TheLockEndsWithItsProcess) {
  EXPECT_EQ(test::in_child([&] {
              auto file = PidFile::open(path_);
              return file && file->write() ? 0 : 1;
            }),
            0);
  EXPECT_TRUE(PidFile::open(path_));
}

TEST_F(PidFileTest, ASymbolicLinkIsRefusedAndItsTargetUntouched) {
  const fs::path target = folder_ / "precious";
  std::ofstream(target) << "precious";
  fs::create_symlink(target, path_);
  const auto file = PidFile::open(path_);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ELOOP);
  EXPECT_EQ(fs::file_size(target), 8U);
}

TEST_F(PidFileTest, AnythingButARegularFileIsRefused) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_FALSE(PidFile::open(path_));
  EXPECT_FALSE(PidFile::open(folder_));
  EXPECT_FALSE(PidFile::open(folder_ / "none" / "inetd.pid"));
}

TEST_F(PidFileTest, RemovesOnlyItsOwnFile) {
  auto file = PidFile::open(path_);
  ASSERT_TRUE(file && file->write());
  fs::remove(path_);
  std::ofstream(path_) << "somebody else's\n";
  file->remove();
  EXPECT_EQ(content(), "somebody else's\n");
}

}  // namespace
}  // namespace uvinetd
