// SPDX-License-Identifier: ISC
#include "core/ctl/output_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "tests/pure/config/temporary_directory.h"

namespace uvinetd::testing {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::size_t files_in(const TemporaryDirectory& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

TEST(OutputFile, IsWholeAndReadable) {
  const TemporaryDirectory folder;
  const auto path = folder.path_of("out");
  const auto mask = umask(077);
  const auto status = write_whole_file(path, std::string(300000, 'x'), IfThere::Refuse);
  umask(mask);
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(read(path).size(), 300000U);
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0644U);
  EXPECT_EQ(found.st_nlink, 1U);
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(OutputFile, IsNotReplacedUnlessAsked) {
  const TemporaryDirectory folder;
  const auto path = folder.write("out", "old");
  const auto refused = write_whole_file(path, "new", IfThere::Refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EEXIST);
  EXPECT_EQ(read(path), "old");
  ASSERT_TRUE(write_whole_file(path, "new", IfThere::Replace));
  EXPECT_EQ(read(path), "new");
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(OutputFile, ReplacesALinkAndNotWhatItNames) {
  const TemporaryDirectory folder;
  const auto target = folder.write("target", "old");
  const auto path = folder.path_of("out");
  ASSERT_EQ(symlink(target.c_str(), path.c_str()), 0);
  EXPECT_FALSE(write_whole_file(path, "new", IfThere::Refuse));
  ASSERT_TRUE(write_whole_file(path, "new", IfThere::Replace));
  EXPECT_EQ(read(target), "old");
  EXPECT_EQ(read(path), "new");
}

TEST(OutputFile, LeavesNothingBehindWhenItFails) {
  const TemporaryDirectory folder;
  std::filesystem::create_directory(folder.path_of("out"));
  for (const auto if_there : {IfThere::Refuse, IfThere::Replace}) {
    const auto status = write_whole_file(folder.path_of("out"), "new", if_there);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, EISDIR);
  }
  EXPECT_FALSE(write_whole_file(folder.path_of("none/out"), "new", IfThere::Refuse));
  EXPECT_EQ(files_in(folder), 1U);
}

}  // namespace
}  // namespace uvinetd::testing
