// SPDX-License-Identifier: ISC
#include "core/monitor/file_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/pure/base/turning_loop.h"
#include "tests/pure/config/temporary_directory.h"

namespace uvinetd {
namespace {

using namespace test;

class FileWatchTest : public LoopTest {
 protected:
  FileWatchTest() { write("real/rules"); }
  std::string path(const std::string& name) { return directory.path() + "/" + name; }
  void write(const std::string& name) {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << "x\n";
  }
  // Whether the watch speaks up after this.
  bool tells() {
    return turn_until([this] { return changes > 0; });
  }
  void watch(const std::string& name) {
    watcher.watch({path(name)});
    ASSERT_TRUE(tells());  // to be looked at once, now that it is watched
    changes = 0;
  }

  uvinetd::testing::TemporaryDirectory directory;
  int changes = 0;
  FileWatch watcher{loop, timers, [this] { ++changes; }};
};

TEST_F(FileWatchTest, TellsThatAFileWasWritten) {
  watch("real/rules");
  write("real/rules");
  EXPECT_TRUE(tells());
}

TEST_F(FileWatchTest, TellsThatAFileWasReplacedAndThatAgain) {
  watch("real/rules");
  for (int i = 0; i < 2; ++i) {
    changes = 0;
    write("real/new");
    std::rename(path("real/new").c_str(), path("real/rules").c_str());
    EXPECT_TRUE(tells());
  }
}

TEST_F(FileWatchTest, TellsThatTheEndOfALinkHasChanged) {
  std::filesystem::create_directory(path("links"));
  ASSERT_EQ(symlink(path("real/rules").c_str(), path("links/rules").c_str()), 0);
  watch("links/rules");
  write("real/rules");
  EXPECT_TRUE(tells());
}

TEST_F(FileWatchTest, FindsAFolderThatWasMadeAnew) {
  watch("real/rules");
  std::filesystem::remove_all(path("real"));
  EXPECT_TRUE(tells());
  write("real/rules");
  changes = 0;
  EXPECT_TRUE(tells());
}

TEST_F(FileWatchTest, WithoutFilesNothingIsLeftInTheLoop) {
  watch("real/rules");
  watcher.watch({});
  while (uv_run(loop.get(), UV_RUN_NOWAIT) != 0) {
  }
  EXPECT_EQ(changes, 0);
}

}  // namespace
}  // namespace uvinetd
