// SPDX-License-Identifier: ISC
// What --check says of services that are to be started warm, in each language.
#include "core/config/load/warm_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "core/config/load/resolve.h"
#include "spawn/zygote_choice.h"
#include "tests/pure/config/conf.h"
#include "tests/pure/config/fake_name_service.h"
#include "tests/pure/config/temporary_directory.h"
#include "tests/pure/spawn/elf_sample.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WarmCheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ElfSample elf;
    program("dynamic", elf);
    program("tcpd", elf);
    chmod(program("setid", elf).c_str(), 04755);
    elf.interpreter = "";
    program("static", elf);
    options_.inspects_programs = true;
  }
  std::string program(const std::string& name, const ElfSample& elf) const {
    return directory_.write(name, elf.bytes(), 0755);
  }

  // What is said of the file but for its folder, which is @ in its text.
  std::vector<std::string> said(const char* name, std::string text) const {
    const auto& folder = directory_.path();
    for (auto at = text.find('@'); at != text.npos; at = text.find('@', at + folder.size())) {
      text.replace(at, 1, folder);
    }
    const auto path = directory_.write(name, text);
    std::vector<std::string> out;
    for (const auto& each :
         load_config_with({path}, options_, FixedNames(), service_).diagnostics) {
      auto line = each.text();
      for (auto at = line.find(folder); at != line.npos; at = line.find(folder)) {
        line.replace(at, folder.size(), "@");
      }
      out.push_back(line);
    }
    return out;
  }

  TemporaryDirectory directory_;
  FakeNameService service_;
  LoadOptions options_;
};

class WarmChecks : public WarmCheckTest {
 protected:
  void SetUp() override {
    if (!kHasZygote) GTEST_SKIP() << "nothing is started warm here";
    WarmCheckTest::SetUp();
  }
};

TEST_F(WarmChecks, AWarningStandsWhereTheStartIsWritten) {
  EXPECT_THAT(
      said("a.toml", R"([defaults]
user = "root"
stderr = "socket"
[services.a]
listen = "tcp4://:7001"
exec = "@/static"
start = "zygote"
[services.b]
listen = "tcp4://:7002"
exec = "@/setid"
start = "zygote"
[services.c]
listen = "tcp4://:7003"
exec = "@/dynamic"
start = "zygote"
[services.d]
listen = "tcp4://:7004"
exec = "@/static"
start = "exec"
[services.e]
listen = "tcp4://:7005"
exec = ["@/tcpd", "-x"]
start = "zygote"
)"),
      ElementsAre("@/a.toml:7:9: warning: \"@/static\" cannot be started warm: it is linked "
                  "statically (it is started by exec) [no-zygote]",
                  "@/a.toml:11:9: warning: \"@/setid\" cannot be started warm: it is "
                  "set-user-id (it is started by exec) [no-zygote]",
                  "@/a.toml:23:9: note: \"@/tcpd\" gains little from a warm start: tcpd "
                  "executes the server for each client [little-gain]"));
}

TEST_F(WarmChecks, AStartThatIsInheritedIsToldWhereItIsWritten) {
  EXPECT_THAT(
      said("a.toml", R"([defaults]
user = "root"
stderr = "socket"
start = "zygote"
[services.a]
listen = "tcp4://:7001"
exec = "@/static"
)"),
      ElementsAre("@/a.toml:4:9: warning: \"@/static\" cannot be started warm: it is linked "
                  "statically (it is started by exec) [no-zygote]"));
  EXPECT_THAT(said("xinetd.conf", R"(defaults
{
  start = zygote
}
service a
{
  type = UNLISTED
  port = 7001
  socket_type = stream
  wait = no
  user = root
  server = @/static
}
)"),
              ElementsAre("@/xinetd.conf:3:11: warning: \"@/static\" cannot be started warm: it is "
                          "linked statically (it is started by exec) [no-zygote]"));
}

TEST_F(WarmChecks, WhatTheCommandLineAsksForIsToldAtTheService) {
  const char* text =
      "7001 stream tcp4 nowait root @/static a\n"
      "7002 stream tcp4 wait root @/static b\n"
      "7003 dgram udp4 nowait root @/static c\n"
      "7004 stream tcp4 nowait root @/dynamic d\n"
      "7 stream tcp4 nowait root internal\n";
  EXPECT_THAT(said("inetd.conf", text), IsEmpty());
  options_.start = StartBy::Zygote;
  EXPECT_THAT(said("inetd.conf", text),
              ElementsAre("@/inetd.conf:1:1: warning: \"@/static\" cannot be started warm: it is "
                          "linked statically (it is started by exec) [no-zygote]"));
  options_.inspects_programs = false;
  EXPECT_THAT(said("inetd.conf", text), IsEmpty());
}

TEST_F(WarmChecks, ThePathOfTheServiceIsSearchedForTheProgramOfEnv) {
  program("env", ElfSample());
  directory_.write("script", "#!" + directory_.path() + "/env setid\n", 0755);
  const auto with = [&](const std::string& lines) {
    return said("a.toml",
                "[services.a]\nlisten = \"tcp4://:7001\"\nuser = \"root\"\nstderr = \"socket\"\n"
                "exec = \"@/script\"\nstart = \"zygote\"\n" +
                    lines);
  };
  EXPECT_THAT(with("env = { PATH = \"/none:@\" }\n"),
              ElementsAre("@/a.toml:6:9: warning: \"@/script\" cannot be started warm: its "
                          "interpreter @/setid is set-user-id (it is started by exec) "
                          "[no-zygote]"));
  const std::string missing =
      "@/a.toml:6:9: warning: \"@/script\" cannot be started warm: its interpreter setid is not in "
      "its PATH (it is started by exec) [no-zygote]";
  EXPECT_THAT(with(""), ElementsAre(missing));
  EXPECT_THAT(with("env = { PATH = \"/none\" }\n"), ElementsAre(missing));
}

TEST_F(WarmCheckTest, WhereNothingIsStartedWarmThatIsToldOnce) {
  if (kHasZygote) GTEST_SKIP() << "servers are started warm here";
  options_.inspects_programs = false;
  options_.start = StartBy::Zygote;
  EXPECT_THAT(said("inetd.conf",
                   "7 stream tcp4 nowait root internal\n7001 stream tcp4 nowait root /bin/a a\n"
                   "7002 stream tcp4 nowait root /bin/b b\n"),
              ElementsAre("@/inetd.conf:2:1: warning: this build of uvinetd starts no server warm: "
                          "all are started by exec [no-zygote]"));
}

}  // namespace
}  // namespace uvinetd::testing
