// SPDX-License-Identifier: ISC
#include "core/config/load/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/pure/config/conf.h"
#include "tests/pure/config/temporary_directory.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::string_literals;

struct Read {
  ConfigFiles files;
  Diagnostics diagnostics;
};

Read read(const std::vector<std::string>& paths, bool is_root = false) {
  Read out;
  out.files = read_config_files(paths, is_root, out.diagnostics);
  return out;
}

std::string slug_of(const Read& result) {
  return result.diagnostics.size() == 1 ? result.diagnostics[0].slug : "?";
}

TEST(ConfigFile, AFileIsReadWithAllItsBytes) {
  const TemporaryDirectory directory;
  const auto path = directory.write("a", "x\0y\xff"s + std::string(200000, 'z'));
  const auto result = read({path});
  ASSERT_EQ(result.files.files.size(), 1U);
  EXPECT_EQ(result.files.files[0].text.size(), 200004U);
  EXPECT_EQ(result.files.files[0].name, path);
  EXPECT_FALSE(result.files.is_unreadable);
  EXPECT_THAT(result.diagnostics, IsEmpty());
}

TEST(ConfigFile, ADirectoryIsReadInByteOrderWithoutLeftovers) {
  const TemporaryDirectory directory;
  for (const char* name : {"b", "a", "Z", "10", "9", "a~", "a.bak", "a.dpkg-old", "a.dpkg-dist",
                           "a.rpmsave", "a.rpmnew", ".a", ".a.swp", "a.swp", "#a#"}) {
    directory.write(name, "");
  }
  std::filesystem::create_directory(directory.path_of("sub"));
  ASSERT_EQ(mkfifo(directory.path_of("fifo").c_str(), 0644), 0);
  const auto result = read({directory.path()});
  std::vector<std::string> names;
  for (const auto& file : result.files.files) {
    names.push_back(std::filesystem::path(file.name).filename());
  }
  EXPECT_THAT(names, ElementsAre("10", "9", "Z", "a", "b"));
  EXPECT_EQ(result.diagnostics.size(), 12U);
  for (const auto& diagnostic : result.diagnostics) {
    EXPECT_EQ(diagnostic.severity, Severity::Note);
    EXPECT_EQ(diagnostic.slug, "skipped");
  }
  EXPECT_FALSE(result.files.is_unreadable);
}

TEST(ConfigFile, WhatIsNoRegularFileIsAnErrorAndNeverHangs) {
  const TemporaryDirectory directory;
  ASSERT_EQ(mkfifo(directory.path_of("fifo").c_str(), 0644), 0);
  for (const auto& path : {directory.path_of("fifo"), "/dev/zero"s, "/dev/tty"s}) {
    const auto result = read({path});
    EXPECT_EQ(slug_of(result), "file") << path;
    EXPECT_TRUE(result.files.is_unreadable);
  }
}

TEST(ConfigFile, WhatCannotBeReadIsAnError) {
  const TemporaryDirectory directory;
  const auto missing = read({directory.path_of("missing")});
  EXPECT_THAT(missing.diagnostics[0].text(),
              HasSubstr("missing: error: cannot open: No such file"));
  EXPECT_TRUE(missing.files.is_unreadable);
  EXPECT_EQ(slug_of(read({""})), "file");
  EXPECT_EQ(slug_of(read({directory.path() + "/a\0b"s})), "file");
  EXPECT_EQ(slug_of(read({directory.path_of(std::string(5000, 'x'))})), "file");
  std::filesystem::create_symlink("loop", directory.path_of("loop"));
  EXPECT_EQ(slug_of(read({directory.path_of("loop")})), "file");
  std::filesystem::create_symlink("nowhere", directory.path_of("dangling"));
  std::filesystem::remove(directory.path_of("loop"));
  EXPECT_TRUE(read({directory.path()}).files.is_unreadable);
}

TEST(ConfigFile, AFileLargerThan64MiBIsRefused) {
  const TemporaryDirectory directory;
  const auto path = directory.write("big", "");
  ASSERT_EQ(truncate(path.c_str(), (off_t{64} << 20) + 1), 0);
  EXPECT_EQ(slug_of(read({path})), "too-large");
}

TEST(ConfigFile, RootRefusesWhatOthersCanWrite) {
  const TemporaryDirectory directory;
  const auto others = directory.write("others", "", 0646);
  EXPECT_EQ(slug_of(read({others}, true)), "unsafe-file");
  EXPECT_TRUE(read({others}, true).files.is_unreadable);
  EXPECT_THAT(read({others}, false).diagnostics, IsEmpty());
  const auto group = directory.write("group", "", 0664);
  struct stat status {};
  ASSERT_EQ(stat(group.c_str(), &status), 0);
  const bool is_roots_group = status.st_gid == 0;
  EXPECT_EQ(read({group}, true).files.is_unreadable, !is_roots_group);
  if (is_roots_group && chown(group.c_str(), static_cast<uid_t>(-1), 1) == 0) {
    chmod(group.c_str(), 0664);
    EXPECT_EQ(slug_of(read({group}, true)), "unsafe-file");
  }
}

TEST(ConfigFile, RootRefusesADirectoryThatOthersCanWrite) {
  const TemporaryDirectory directory;
  ASSERT_EQ(chmod(directory.path().c_str(), 01777), 0);
  EXPECT_EQ(slug_of(read({directory.path()}, true)), "unsafe-file");
}

TEST(Language, IsSeenFromTheNameOrTheFirstLines) {
  const std::tuple<const char*, const char*, Language> rows[] = {
      {"a", "", Language::InetdConf},
      {"a", "# x\n\necho stream tcp nowait root internal\n", Language::InetdConf},
      {"a", "[::1]:\n", Language::InetdConf},
      {"a", "service on protocol = tcp;\n", Language::InetdConf},
      {"a", "echo on protocol = tcp4;\n", Language::InetdConf},
      {"a", "# default: on\nservice ftp\n{\n", Language::Xinetd},
      {"a", "service ftp {\n", Language::Xinetd},
      {"a", "defaults\n# x\n{\n}\n", Language::Xinetd},
      {"a", "\xef\xbb\xbfincludedir /etc/xinetd.d\r\n", Language::Xinetd},
      {"a", "[daemon]\nuser = \"x\"\n", Language::Toml},
      {"a.toml", "echo stream tcp nowait root internal\n", Language::Toml},
  };
  for (const auto& [name, text, language] : rows) {
    EXPECT_EQ(language_of(name, text), language) << text;
  }
}

}  // namespace
}  // namespace uvinetd::testing
