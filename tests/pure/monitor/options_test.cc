// SPDX-License-Identifier: ISC
#include "core/monitor/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <regex>
#include <sstream>

namespace uvinetd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class OptionsTest : public testing::Test {
 protected:
  OptionsTest() { clean(); }
  ~OptionsTest() override { clean(); }

  static ParsedCommandLine parse(const std::vector<std::string>& words) {
    std::vector<std::string> argv = {"/usr/sbin/inetd"};
    for (const std::string& word : words) argv.push_back(word);
    return parse_command_line(argv);
  }
  static CommandLine good(const std::vector<std::string>& words) {
    const auto parsed = parse(words);
    EXPECT_FALSE(parsed.exit_status) << parsed.text;
    return parsed.options;
  }
  // The reason of a usage error.
  static std::string refused(const std::vector<std::string>& words) {
    const auto parsed = parse(words);
    EXPECT_EQ(parsed.exit_status, 2);
    EXPECT_THAT(parsed.text, StartsWith("inetd: "));
    return parsed.text;
  }

 private:
  static void clean() {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("LISTEN_PID");
  }
};

TEST_F(OptionsTest, WithoutWordsGivesTheDefaults) {
  const auto options = good({});
  EXPECT_TRUE(options.config_paths.empty());
  EXPECT_FALSE(options.foreground);
  EXPECT_FALSE(options.pid_file);
  EXPECT_EQ(options.backlog, 4096);
  EXPECT_FALSE(options.starts_per_minute);
  EXPECT_EQ(options.dialect, host_dialect());
  EXPECT_EQ(options.ready_fd, -1);
  EXPECT_EQ(options.user, "uvinetd");
  EXPECT_FALSE(parse_command_line({}).exit_status);
}

TEST_F(OptionsTest, ReadsTheCommandLinesOfTheClassicInetds) {
  const auto freebsd =
      good({"-C", "60", "-c10", "-s", "4", "-R", "0", "-a", "::1", "-p", "/run/x.pid", "/etc/a"});
  EXPECT_EQ(freebsd.source_starts_per_minute, 60U);
  EXPECT_EQ(freebsd.instances, 10U);
  EXPECT_EQ(freebsd.instances_per_source, 4U);
  EXPECT_EQ(freebsd.starts_per_minute, 0U);
  EXPECT_EQ(freebsd.default_host, "::1");
  EXPECT_EQ(freebsd.pid_file, "/run/x.pid");
  EXPECT_THAT(freebsd.config_paths, ElementsAre("/etc/a"));
  const auto debian = good({"-E", "-i", "-q", "128", "-R256"});
  EXPECT_TRUE(debian.pass_environment);
  EXPECT_TRUE(debian.foreground);
  EXPECT_EQ(debian.backlog, 128);
  EXPECT_EQ(debian.starts_per_minute, 256U);
  const auto gnu =
      good({"--rate=40", "--environment", "-p/run/y.pid", "--debug", "/etc/a", "/etc/b"});
  EXPECT_EQ(gnu.starts_per_minute, 40U);
  EXPECT_TRUE(gnu.gnu_environment);
  EXPECT_EQ(gnu.pid_file, "/run/y.pid");
  EXPECT_TRUE(gnu.debug);
  EXPECT_THAT(gnu.config_paths, ElementsAre("/etc/a", "/etc/b"));
  const auto busybox = good({"-f", "-e", "-R", "10"});
  EXPECT_TRUE(busybox.foreground);
  EXPECT_TRUE(busybox.log_to_stderr);
}

TEST_F(OptionsTest, ReadsItsOwnOptions) {
  const auto options =
      good({"--foreground", "--log-connections", "--dialect", "freebsd", "--check", "--json",
            "--strict", "--ready-fd", "3", "--core-dumps", "--user", "1234", "--start", "zygote",
            "--spawner=posix_spawn", "--control", "/run/c"});
  EXPECT_TRUE(options.foreground);
  EXPECT_TRUE(options.log_connections);
  EXPECT_EQ(options.dialect, Dialect::FreeBsd);
  EXPECT_TRUE(options.check);
  EXPECT_TRUE(options.json);
  EXPECT_TRUE(options.strict);
  EXPECT_EQ(options.ready_fd, 3);
  EXPECT_TRUE(options.core_dumps);
  EXPECT_EQ(options.user, "1234");
  EXPECT_EQ(options.start, StartBy::Zygote);
  EXPECT_EQ(options.control.path, "/run/c");
  EXPECT_EQ(good({}).control.path, std::nullopt);
  EXPECT_EQ(good({"--control", "none"}).control.path, "");
}

TEST_F(OptionsTest, LetsShortOptionsBeClustered) {
  const auto options = good({"-diE"});
  EXPECT_TRUE(options.debug && options.foreground && options.pass_environment);
  EXPECT_EQ(good({"-fq", "5"}).backlog, 5);
  EXPECT_EQ(good({"-fq5"}).backlog, 5);
}

TEST_F(OptionsTest, ThePidFileCanBeNamedOrDeclinedInEveryForm) {
  const auto relative = std::filesystem::current_path() / "x.pid";
  EXPECT_EQ(good({"-p", "x.pid"}).pid_file, relative);
  EXPECT_EQ(good({"-px.pid"}).pid_file, relative);
  EXPECT_EQ(good({"--pidfile=/x"}).pid_file, "/x");
  EXPECT_EQ(good({"-p", ""}).pid_file, "");
  EXPECT_EQ(good({"--pidfile="}).pid_file, "");
  const auto bare = good({"--pidfile", "/etc/inetd.conf"});
  EXPECT_EQ(bare.pid_file, "");
  EXPECT_THAT(bare.config_paths, ElementsAre("/etc/inetd.conf"));
  EXPECT_THAT(refused({"-p"}), HasSubstr("-p"));
}

TEST_F(OptionsTest, TheLastOfARepeatedOptionCounts) {
  EXPECT_EQ(good({"-q", "1", "-q", "2"}).backlog, 2);
  EXPECT_TRUE(good({"-f", "-f", "-i"}).foreground);
}

TEST_F(OptionsTest, MakesPathsAbsoluteAndTakesAnythingAfterTwoHyphens) {
  const auto here = std::filesystem::current_path();
  EXPECT_THAT(good({"a.conf", "-f", "--", "-b"}).config_paths,
              ElementsAre((here / "a.conf").string(), (here / "-b").string()));
  EXPECT_THAT(refused({""}), HasSubstr("empty"));
}

TEST_F(OptionsTest, NumbersAreDecimalAndBounded) {
  EXPECT_EQ(good({"-q", "1000000"}).backlog, 1'000'000);
  EXPECT_EQ(good({"-q", "010"}).backlog, 10);
  for (const char* const bad : {"1000001", "-1", "", "x", "1x", " 1", "0x10", "1e3", "99999999999"})
    for (const char* const option : {"-q", "-R", "-c", "-C", "-s", "--ready-fd"})
      refused({option, bad});
}

TEST_F(OptionsTest, AnUnknownOptionIsAUsageErrorWithASuggestion) {
  EXPECT_THAT(refused({"--foregruond"}), HasSubstr("did you mean \"--foreground\""));
  EXPECT_THAT(refused({"--zzzzzzzz"}), HasSubstr("unknown option \"--zzzzzzzz\""));
  EXPECT_THAT(refused({"-dz"}), HasSubstr("unknown option \"-z\""));
  EXPECT_THAT(refused({"--zap=1"}), HasSubstr("\"--zap\""));
}

TEST_F(OptionsTest, HostsAccessIsAskedForProgramsAndBuiltinsApart) {
  EXPECT_FALSE(good({}).wraps_programs);
  EXPECT_FALSE(good({}).wraps_builtins);
  EXPECT_TRUE(good({"-w"}).wraps_programs);
  EXPECT_FALSE(good({"-w"}).wraps_builtins);
  EXPECT_FALSE(good({"-W"}).wraps_programs);
  EXPECT_TRUE(good({"-W"}).wraps_builtins);
  const auto both = good({"-wW", "-C", "60"});  // as FreeBSD starts it
  EXPECT_TRUE(both.wraps_programs && both.wraps_builtins);
  EXPECT_FALSE(both.log_connections);
}

TEST_F(OptionsTest, TheLetterOfTheLogAsksForHostsWhereItDoesElsewhere) {
  for (const char* const dialect : {"debian", "openbsd", "netbsd", "gnu", "busybox"}) {
    const auto options = good({"-l", "--dialect", dialect});
    EXPECT_TRUE(options.log_connections) << dialect;
    EXPECT_TRUE(options.wraps_programs) << dialect;
    EXPECT_FALSE(options.wraps_builtins) << dialect;
  }
  const auto options = good({"-l", "--dialect", "freebsd"});
  EXPECT_TRUE(options.log_connections);
  EXPECT_FALSE(options.wraps_programs);
}

TEST_F(OptionsTest, WhatIsNotBuiltInIsRefused) {
  EXPECT_THAT(refused({"--resolve"}), HasSubstr("not their names"));
  EXPECT_THAT(refused({"--start", "zigote"}), HasSubstr("unknown value"));
  EXPECT_THAT(refused({"--start", ""}), HasSubstr("unknown value"));
  EXPECT_THAT(refused({"--spawner", "fork"}), HasSubstr("unknown value"));
  EXPECT_THAT(refused({"--dialect", "plan9"}), HasSubstr("plan9"));
  EXPECT_THAT(refused({"--json"}), HasSubstr("--check"));
  EXPECT_THAT(refused({"-a", ""}), HasSubstr("empty"));
}

TEST_F(OptionsTest, ServersStartByExecUnlessSaidOtherwise) {
  EXPECT_EQ(good({}).start, StartBy::Exec);
  EXPECT_EQ(good({"--start=zygote"}).start, StartBy::Zygote);
  EXPECT_EQ(good({"--start", "zygote", "--start", "exec"}).start, StartBy::Exec);
}

TEST_F(OptionsTest, TheSpawnerIsPosixSpawnUnlessSaidOtherwise) {
  EXPECT_EQ(good({}).spawner, SpawnerKind::PosixSpawn);
  EXPECT_EQ(good({"--spawner", "clone", "--spawner", "posix_spawn"}).spawner,
            SpawnerKind::PosixSpawn);
  if (is_built_in(SpawnerKind::Clone)) {
    EXPECT_EQ(good({"--spawner", "clone"}).spawner, SpawnerKind::Clone);
  } else {
    EXPECT_THAT(refused({"--spawner", "clone"}), HasSubstr("Linux only"));
  }
}

TEST_F(OptionsTest, DebuggingMeansForegroundAndStandardError) {
  const auto options = good({"-d"});
  EXPECT_TRUE(options.foreground);
  EXPECT_TRUE(options.log_to_stderr);
}

TEST_F(OptionsTest, AServiceManagerMeansForeground) {
  ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
  EXPECT_TRUE(good({}).foreground);
  ::setenv("NOTIFY_SOCKET", "", 1);
  EXPECT_FALSE(good({}).foreground);
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_TRUE(good({}).foreground);
  ::setenv("LISTEN_PID", "1", 1);
  EXPECT_FALSE(good({}).foreground);
}

TEST_F(OptionsTest, HelpAndVersionEndWithSuccess) {
  for (const char* const word : {"-h", "--help"}) {
    const auto parsed = parse({word});
    EXPECT_EQ(parsed.exit_status, 0);
    EXPECT_EQ(parsed.text, help_text());
  }
  EXPECT_EQ(parse({"-V"}).text, "uvinetd " UVINETD_VERSION "\n");
  EXPECT_EQ(parse({"--version"}).exit_status, 0);
}

TEST_F(OptionsTest, HelpFitsATerminalOf80Columns) {
  std::istringstream lines{std::string(help_text())};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST_F(OptionsTest, EveryOptionInTheHelpIsKnown) {
  const std::string text(help_text());
  const std::regex word("(^|[ ,])(--?[A-Za-z][a-z-]*)");
  int count = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), word), end; it != end; ++it, ++count) {
    const auto parsed = parse({(*it)[2].str(), "1"});
    EXPECT_THAT(parsed.text, testing::Not(HasSubstr("unknown option"))) << (*it)[2];
  }
  EXPECT_GT(count, 30);
}

TEST_F(OptionsTest, SurvivesAnyBytes) {
  for (const char* const word : {"-", "--", "---", "--=", "-=", "\xff\xfe", "-\xff", "--\n", "[",
                                 "{}", "[a]", "-p[", "%%", "++", "@file", "-a[::1]"})
    for (const char* const next : {"", "x", "-q"}) parse({word, next});
  EXPECT_EQ(good({"-a", "[::1]"}).default_host, "[::1]");
}

}  // namespace
}  // namespace uvinetd
