// SPDX-License-Identifier: ISC
#include "spawn/file_stamp.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

namespace uvinetd {
namespace {

namespace fs = std::filesystem;

class WatchedFilesTest : public testing::Test {
 protected:
  WatchedFilesTest()
      : directory_(fs::temp_directory_path() / ("file-stamp-test-" + std::to_string(::getpid()))) {
    fs::create_directory(directory_);
    std::ofstream(path()) << "one";
    files_.add(path());
  }
  ~WatchedFilesTest() override { fs::remove_all(directory_); }
  [[nodiscard]] fs::path path(const char* name = "file") const { return directory_ / name; }

  fs::path directory_;
  WatchedFiles files_;
};

TEST_F(WatchedFilesTest, AFileThatIsOnlyReadHasNotChanged) {
  std::string word;
  std::ifstream(path()) >> word;
  EXPECT_FALSE(files_.have_changed());
}

TEST_F(WatchedFilesTest, AnotherFileOfTheSameNameIsAChange) {
  std::ofstream(path("new")) << "two";
  fs::last_write_time(path("new"), fs::last_write_time(path()));
  fs::rename(path("new"), path());
  EXPECT_TRUE(files_.have_changed());
}

TEST_F(WatchedFilesTest, OverwritingInPlaceIsAChange) {
  std::ofstream(path()) << "longer";
  EXPECT_TRUE(files_.have_changed());
}

TEST_F(WatchedFilesTest, ASetIdBitIsAChange) {
  fs::permissions(path(), fs::perms::set_uid, fs::perm_options::add);
  EXPECT_TRUE(files_.have_changed());
}

TEST_F(WatchedFilesTest, DisappearingAndAppearingAreChanges) {
  WatchedFiles absent;
  absent.add(path("absent"));
  EXPECT_FALSE(absent.have_changed());
  std::ofstream(path("absent")) << "x";
  EXPECT_TRUE(absent.have_changed());
  fs::remove(path());
  EXPECT_TRUE(files_.have_changed());
}

}  // namespace
}  // namespace uvinetd
