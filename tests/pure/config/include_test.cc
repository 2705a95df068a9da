// SPDX-License-Identifier: ISC
// `.include` in inetd.conf, with files on the disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "core/config/include_stack.h"
#include "core/config/load/loader.h"
#include "tests/pure/config/conf.h"
#include "tests/pure/config/temporary_directory.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Include : public ::testing::Test {
 protected:
  WrittenConfig read(const std::string& text) {
    return read_config({directory_.write("inetd.conf", text)}, options_);
  }
  static std::string line(const std::string& service) {
    return service + " stream tcp4 nowait root /bin/x\n";
  }
  static std::vector<std::string> ids(const WrittenConfig& config) {
    std::vector<std::string> out;
    for (const auto& spec : config.services) out.push_back(spec.id);
    return out;
  }

  TemporaryDirectory directory_;
  LoadOptions options_{{}, getuid(), std::chrono::seconds(5)};
};

TEST_F(Include, AFileStandsInThePlaceOfItsLine) {
  directory_.write("more", line("7001"));
  const auto config = read(line("7000") + ".include more\n" + line("7002"));
  EXPECT_THAT(ids(config), ElementsAre("7000/tcp4", "7001/tcp4", "7002/tcp4"));
  EXPECT_THAT(config.diagnostics, IsEmpty());
  EXPECT_EQ(config.services_written, 3U);
  EXPECT_THAT(config.services[1].at.text(), HasSubstr("/more:1:1"));
  ASSERT_EQ(config.files.size(), 2U);
  EXPECT_EQ(config.files[1].text, line("7001"));
}

TEST_F(Include, APatternIsReadInByteOrderWithoutLeftovers) {
  std::filesystem::create_directory(directory_.path_of("d"));
  for (const char* name : {"d/b", "d/a", "d/Z", "d/a~", "d/a.dpkg-old"}) {
    directory_.write(name, line(std::to_string(7000 + int(name[2]) + int(name[3]))));
  }
  const auto config = read(".include d/*\n");
  EXPECT_THAT(ids(config), ElementsAre("7090/tcp4", "7097/tcp4", "7098/tcp4"));
  EXPECT_FALSE(has_errors(config.diagnostics));
}

TEST_F(Include, ADefaultAddressGoesInAndNotOut) {
  directory_.write("more", line("7001") + "127.0.0.3:\n" + line("7002"));
  const auto config = read("127.0.0.2:\n.include more\n" + line("7003"));
  EXPECT_THAT(ids(config),
              ElementsAre("7001/tcp4@127.0.0.2", "7002/tcp4@127.0.0.3", "7003/tcp4@127.0.0.2"));
}

TEST_F(Include, AFileThatIsNotThereIsAnErrorOfItsLineAndTheRestIsServed) {
  const auto config = read(line("7000") + " \n.include nowhere\n");
  EXPECT_THAT(ids(config), ElementsAre("7000/tcp4"));
  EXPECT_THAT(places(config.diagnostics), ElementsAre("3:10 file"));
  EXPECT_THAT(config.diagnostics[0].message, HasSubstr("nowhere: cannot open: No such file"));
  EXPECT_EQ(config.services_written, 2U);
  EXPECT_FALSE(config.is_unreadable);
}

TEST_F(Include, APatternThatMatchesNothingIsAWarning) {
  const auto config = read(".include nowhere/*.conf\n");
  ASSERT_EQ(config.diagnostics.size(), 1U);
  EXPECT_EQ(config.diagnostics[0].severity, Severity::Warning);
}

TEST_F(Include, ADirectoryOrAFifoIsNoFile) {
  std::filesystem::create_directory(directory_.path_of("d"));
  ASSERT_EQ(mkfifo(directory_.path_of("fifo").c_str(), 0644), 0);
  const auto config = read(".include d\n.include fifo\n");
  EXPECT_THAT(places(config.diagnostics), ElementsAre("1:10 file", "2:10 file"));
}

TEST_F(Include, CirclesEndAtTheLineThatClosesThem) {
  directory_.write("a", ".include ./b\n" + line("7001"));
  directory_.write("b", ".include ../" +
                            std::filesystem::path(directory_.path()).filename().string() + "/a\n" +
                            line("7002"));
  const auto config = read(".include a\n.include inetd.conf\n" + line("7000"));
  EXPECT_THAT(ids(config), ElementsAre("7002/tcp4", "7001/tcp4", "7000/tcp4"));
  ASSERT_EQ(config.diagnostics.size(), 2U);
  EXPECT_THAT(config.diagnostics[0].text(), HasSubstr("inetd.conf:2:10: error: "));
  EXPECT_THAT(config.diagnostics[1].text(), HasSubstr("/b:1:10: error: "));
}

TEST_F(Include, ACircleOfLinksEndsAtADepth) {
  std::filesystem::create_directory_symlink(".", directory_.path_of("l"));
  directory_.write("a", ".include l/a\n");
  const auto config = read(".include a\n");
  ASSERT_EQ(config.diagnostics.size(), 1U);
  EXPECT_THAT(config.diagnostics[0].message, StartsWith("files include one another too deeply"));
  EXPECT_EQ(config.files.size(), kDeepestInclude + 1);
}

TEST_F(Include, TheSameSocketInTwoFilesIsTold) {
  directory_.write("more", line("7000"));
  const auto config = read(line("7000") + ".include more\n");
  EXPECT_THAT(ids(config), ElementsAre("7000/tcp4"));
  EXPECT_THAT(places(config.diagnostics), ElementsAre("1:1 duplicate"));
  EXPECT_THAT(config.diagnostics[0].at.text(), HasSubstr("/more:1:1"));
}

TEST_F(Include, ExactlyOneNameIsTaken) {
  EXPECT_THAT(places(read(".include\n.include a b\n").diagnostics),
              ElementsAre("1:1 include", "2:1 include"));
}

TEST(IncludeStack, RelativePathsAreRelativeToTheInnermostFile) {
  IncludeStack stack;
  stack.push("/etc/inetd.conf");
  EXPECT_EQ(stack.resolve("inetd.d/x"), "/etc/inetd.d/x");
  EXPECT_EQ(stack.resolve("/usr/x"), "/usr/x");
  stack.push("/etc/inetd.d/./x");
  EXPECT_EQ(stack.resolve("y"), "/etc/inetd.d/y");
  EXPECT_EQ(stack.objection("/etc/inetd.d/y"), "");
  EXPECT_EQ(stack.objection("/etc/inetd.d/../inetd.conf"),
            "/etc/inetd.d/../inetd.conf includes itself");
  stack.pop();
  EXPECT_EQ(stack.resolve("y"), "/etc/y");
}

}  // namespace
}  // namespace uvinetd::testing
