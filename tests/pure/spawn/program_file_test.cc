// SPDX-License-Identifier: ISC
// Real files: this test's own program is a dynamic one; copies of it are spoilt.
#include "spawn/program_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include "spawn/zygote_choice.h"
#include "tests/pure/config/temporary_directory.h"

namespace uvinetd {
namespace {

using Paths = std::vector<std::string>;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ProgramFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!kHasZygote) GTEST_SKIP() << "no program can park here";
    std::error_code error;
    own_ = folder_.path_of("server");
    std::filesystem::copy_file("/proc/self/exe", own_, error);
    ASSERT_FALSE(error) << error.message();
    chmod(own_.c_str(), 0755);
  }

  // A copy of this program with the first `from` in it overwritten.
  std::string copy(const std::string& name, const std::string& from = {},
                   const std::string& to = {}) const {
    auto bytes = bytes_of(own_);
    const auto at = from.empty() ? std::string::npos : bytes.find(from + '\0');
    EXPECT_EQ(at == std::string::npos, from.empty()) << from;
    if (at != std::string::npos) bytes.replace(at, to.size() + 1, to + '\0');
    return folder_.write(name, bytes, 0755);
  }
  std::string script(const std::string& name, const std::string& first_line) const {
    return folder_.write(name, first_line + "\nexit\n", 0755);
  }
  std::string reason(const std::string& path) const {
    return inspect_program(path, folder_.path()).reason;
  }

  testing::TemporaryDirectory folder_;
  std::string own_;
};

TEST_F(ProgramFiles, ADynamicProgramCanPark) {
  const auto found = inspect_program(own_, "");
  EXPECT_TRUE(found.can_park()) << found.reason;
  EXPECT_EQ(found.hops, 0U);
  EXPECT_EQ(found.files, Paths{own_});
}

TEST_F(ProgramFiles, ProgramsOfThisSystemCanPark) {
  for (const auto* path : {"/bin/sh", "/usr/bin/env", "/usr/bin/perl", "/usr/bin/python3"}) {
    if (access(path, X_OK) != 0) continue;
    EXPECT_EQ(reason(path), "") << path;
  }
}

TEST_F(ProgramFiles, AStaticProgramCannot) {
#ifndef UVINETD_STATIC_PROGRAM
  GTEST_SKIP() << "nothing can be linked statically here";
#else
  const std::string program = UVINETD_STATIC_PROGRAM;
  EXPECT_EQ(reason(program), "it is linked statically");
  EXPECT_EQ(inspect_program(script("script", "#!" + program), "").files,
            (Paths{folder_.path_of("script"), program}));
#endif
}

TEST_F(ProgramFiles, AProgramWithOthersRightsCannot) {
  for (const auto& [mode, expected] :
       {std::pair{04755, "it is set-user-id"}, std::pair{02755, "it is set-group-id"},
        std::pair{06755, "it is set-user-id"},
        std::pair{02745, ""}}) {  // a mark of mandatory locks
    ASSERT_EQ(chmod(own_.c_str(), static_cast<mode_t>(mode)), 0);
    EXPECT_EQ(reason(own_), expected) << std::oct << mode;
  }
}

TEST_F(ProgramFiles, AProgramWithFileCapabilitiesCannot) {
  // struct vfs_cap_data of revision 2: CAP_NET_BIND_SERVICE, permitted and effective.
  const unsigned char value[20] = {1, 0, 0, 2, 0, 4};
  if (setxattr(own_.c_str(), "security.capability", value, sizeof value, 0) != 0) {
    GTEST_SKIP() << "file capabilities cannot be set here";
  }
  EXPECT_EQ(reason(own_), "it has file capabilities");
}

TEST_F(ProgramFiles, AProgramOfAnotherLibraryCannot) {
#ifdef __x86_64__
  const std::string linker = "/lib64/ld-linux-x86-64.so.2";
#else
  const std::string linker = "/lib/ld-linux-aarch64.so.1";
#endif
  EXPECT_EQ(reason(copy("musl", linker, "/lib/ld-musl-x86_64.so.1")),
            "it uses another C library than glibc");
}

TEST_F(ProgramFiles, AProgramThatBeginsWithoutTheLibraryCannot) {
  EXPECT_EQ(reason(copy("own_start", "__libc_start_main", "__my_runtime_main")),
            "it does not import __libc_start_main");
}

TEST_F(ProgramFiles, WhatIsNoProgramIsToldSo) {
  const auto fifo = folder_.path_of("fifo");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(reason(fifo), "it is no regular file");
  EXPECT_EQ(reason(folder_.path()), "it is no regular file");
  EXPECT_EQ(reason(folder_.path_of("nothing")), "it does not exist");
  EXPECT_EQ(reason("server"), "it has no absolute path");
  EXPECT_EQ(reason(folder_.write("text", "echo", 0755)), "it is no ELF file or script");
  EXPECT_EQ(reason(folder_.write("empty", "", 0755)), "it is no ELF file or script");
  EXPECT_EQ(reason(folder_.write("cut", "\177ELF", 0755)), "it has a damaged ELF header");
  EXPECT_EQ(reason(script("hollow", "#! ")), "it names no interpreter");
}

TEST_F(ProgramFiles, WhatCannotBeReadIsToldSo) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  EXPECT_EQ(reason(folder_.write("secret", "#!/bin/sh", 0111)), "it cannot be read");
}

TEST_F(ProgramFiles, AScriptParksInItsInterpreter) {
  const auto path = script("script", "#!" + own_ + " -e");
  const auto found = inspect_program(path, "");
  EXPECT_TRUE(found.can_park()) << found.reason;
  EXPECT_EQ(found.hops, 0U);
  EXPECT_EQ(found.files, (Paths{path, own_}));
}

TEST_F(ProgramFiles, ThePrivilegesOfAScriptCountForNothing) {
  const auto path = script("script", "#!" + own_);
  ASSERT_EQ(chmod(path.c_str(), 06755), 0);
  EXPECT_EQ(reason(path), "");
}

TEST_F(ProgramFiles, EnvIsOneHop) {
  const auto env = copy("env");
  for (const auto* words : {" server", " -S server -x"}) {
    const auto path = script("script", "#!" + env + words);
    const auto found = inspect_program(path, "/nowhere:relative::" + folder_.path());
    EXPECT_TRUE(found.can_park()) << found.reason;
    EXPECT_EQ(found.hops, 1U);
    EXPECT_EQ(found.files, (Paths{path, env, own_}));
  }
  const auto path = script("script", "#!" + env + " " + own_);
  EXPECT_EQ(inspect_program(path, "").files, (Paths{path, env, own_}));
}

TEST_F(ProgramFiles, EnvPassesOverWhatIsNoProgram) {
  const auto env = copy("env");
  const auto other = folder_.path_of("other");
  const auto third = folder_.path_of("third");
  for (const auto& each : {other, third}) std::filesystem::create_directory(each);
  std::filesystem::create_directory(other + "/server");
  folder_.write("third/server", "no program", 0644);
  const auto path = script("script", "#!" + env + " server");
  const auto found = inspect_program(path, other + ":" + third + ":" + folder_.path());
  EXPECT_EQ(found.files, (Paths{path, env, own_}));
}

TEST_F(ProgramFiles, EachInterpreterIsLookedAt) {
  const auto env = copy("env");
  EXPECT_EQ(reason(script("a", "#!/no/such")), "its interpreter /no/such does not exist");
  EXPECT_EQ(reason(script("a", "#!/no\x1b/such")), "its interpreter /no\\x1b/such does not exist");
  EXPECT_EQ(reason(script("a", "#!sh")), "its interpreter sh has no absolute path");
  EXPECT_EQ(reason(script("a", "#!" + env + " no-such")),
            "its interpreter no-such is not in its PATH");
  EXPECT_EQ(reason(script("a", "#!" + env + " A=1")),
            "it is run by env with more than the name of a program");
  EXPECT_EQ(reason(script("a", "#!" + env + " ./b")), "its interpreter ./b has no absolute path");
  ASSERT_EQ(chmod(env.c_str(), 04755), 0);
  EXPECT_EQ(reason(script("a", "#!" + env + " server")),
            "its interpreter " + env + " is set-user-id");
}

TEST_F(ProgramFiles, InterpretersAreFollowedSoFar) {
  std::string next = own_;
  for (unsigned depth = 1; depth <= kMostInterpreters; ++depth) {
    next = script("script" + std::to_string(depth), "#!" + next);
    EXPECT_EQ(reason(next), "") << depth;
  }
  EXPECT_EQ(reason(script("last", "#!" + next)), "its interpreter " + own_ + " is one too many");
  const auto itself = folder_.path_of("loop");
  EXPECT_EQ(reason(script("loop", "#!" + itself)),
            "its interpreter " + itself + " is one too many");
}

TEST(LittleGain, IsKnownOfAFewByName) {
  struct Case {
    std::string program;
    Paths argv;
    std::string_view gain;
  };
  const Case cases[] = {
      {"/usr/sbin/tcpd", {"in.ftpd"}, "tcpd executes the server for each client"},
      {"/usr/sbin/in.fingerd", {"in.fingerd"}, "it executes finger for each client"},
      {"/usr/sbin/fingerd", {"fingerd"}, "it executes finger for each client"},
      {"/usr/bin/git", {"git", "daemon", "--inetd"}, "it executes another git for each client"},
      {"/usr/lib/git-core/git-daemon", {"git-daemon"}, "it executes another git for each client"},
      {"/usr/bin/git", {"git", "shell"}, ""},
      {"/usr/bin/git", {"git"}, ""},
      {"/usr/sbin/ffingerd", {"fingerd"}, ""},
      {"/usr/sbin/in.ftpd", {"tcpd"}, ""},
      {"", {}, ""},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(little_gain(each.program, each.argv), each.gain) << each.program;
  }
}

}  // namespace
}  // namespace uvinetd
