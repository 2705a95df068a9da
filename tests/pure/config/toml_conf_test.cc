// SPDX-License-Identifier: ISC
// Whole files: [daemon], include, [defaults], services that are incomplete or not enabled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/config/toml.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A service that is complete, without and with its errors on the socket.
std::string service(const std::string& name, int port, const std::string& more = "") {
  return "[services." + name + "]\nlisten = \"tcp4://:" + std::to_string(port) +
         "\"\nexec = \"/bin/x\"\nuser = \"root\"\nstderr = \"socket\"\n" + more;
}

TEST(TomlConf, OfNothingIsEmpty) {
  for (const char* text :
       {"", "\n", "# nothing\n", "\xef\xbb\xbf", "[services]\n", "[defaults]\n"}) {
    const auto parsed = parse_toml(text);
    EXPECT_THAT(parsed.services, IsEmpty()) << text;
    EXPECT_EQ(parsed.services_written, 0U) << text;
    EXPECT_THAT(texts(parsed.diagnostics), IsEmpty()) << text;
    EXPECT_THAT(parsed.files, ElementsAre("f"));
  }
}

TEST(TomlConf, KeepsTheOrderOfTheFileAndItsNames) {
  const auto parsed = parse_toml(service("zebra", 1) + service("\"finger/tcp\"", 2) +
                                 service("apple", 3) + service("\"a.b\"", 4));
  EXPECT_THAT(ids(parsed), ElementsAre("zebra", "finger/tcp", "apple", "a.b"));
  EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
  EXPECT_EQ(parsed.services[1].at.text(), "f:6:11");
}

TEST(TomlConf, ReadsWindowsLineEnds) {
  std::string text = service("a", 1);
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) {
    text.insert(at, "\r");
  }
  EXPECT_EQ(parse_toml(text).services, parse_toml(service("a", 1)).services);
}

TEST(TomlConf, ThatIsNoTomlHasOneErrorAndCountsAsOneService) {
  struct Case {
    std::string text;
    const char* place;
  };
  const Case cases[] = {
      {"x", "1:2 toml"},
      {service("a", 1) + "x = \n", "6:5 toml"},
      {"[services.a]\n[services.a]\n", "2:1 toml"},
      {"a = 1\na = 2\n", "2:5 toml"},
      {"a = \"\xff\"\n", "1:5 toml"},
      {std::string("a\0b = 1", 7), "1:2 toml"},
      {"# \xc3\xa4\xc3\xb6\na = \"\xc3\xa4\xc3\xb6\" x", "2:12 toml"},
      {"a = [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", "1:21 toml"},
      {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r = 1", "1:32 toml"},
  };
  for (const auto& [text, place] : cases) {
    const auto parsed = parse_toml(text);
    EXPECT_THAT(places(parsed.diagnostics), ElementsAre(place)) << text;
    EXPECT_EQ(parsed.services_written, 1U);
    EXPECT_THAT(parsed.services, IsEmpty());
  }
}

TEST(TomlConf, SurvivesWhatIsVeryDeep) {
  const std::string deep(1000000, '[');
  EXPECT_EQ(parse_toml("a = " + deep).diagnostics.size(), 1U);
  std::string dots;
  for (int i = 0; i < 500000; ++i) dots += "a.";
  EXPECT_EQ(parse_toml(dots + "a = 1").diagnostics.size(), 1U);
  EXPECT_EQ(parse_toml('[' + dots + "a]").diagnostics.size(), 1U);
  std::string tables;
  for (int i = 0; i < 100000; ++i) tables += "[a" + std::to_string(i) + ".b]\n";
  EXPECT_EQ(places(parse_toml(tables).diagnostics)[0].substr(0, 6), "50001:");
}

TEST(TomlConf, CountsColumnsInBytes) {
  const auto parsed =
      parse_toml("[services]\n\"\xc3\xa4\xf0\x9f\x90\x8c\" = 1\nb = \"\xc3\xa4\"\n");
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("2:1 type", "3:1 type"));
  const auto inlined = parse_toml("services = { \"\xc3\xa4\xf0\x9f\x90\x8c\" = { }, b = 1 }\n");
  EXPECT_THAT(places(inlined.diagnostics),
              ElementsAre("1:14 missing-key", "1:14 missing-key", "1:30 type"));
}

TEST(TomlConf, KnowsItsTables) {
  const auto parsed = parse_toml("[service.a]\n[deamon]\nx = 1\n");
  EXPECT_THAT(
      texts(parsed.diagnostics),
      ElementsAre("f:1:2: error: unknown key \"service\" (did you mean \"services\"?) [key]",
                  "f:2:2: error: unknown key \"deamon\" (did you mean \"daemon\"?) [key]"));
  EXPECT_GT(parsed.services_written, 0U);
}

TEST(TomlConf, WantsTables) {
  for (const char* text : {"services = 1", "daemon = 1", "defaults = [1]", "include = 1",
                           "include = [1]", "[[services]]", "[services]\nx = 1"}) {
    const auto parsed = parse_toml(text);
    ASSERT_EQ(parsed.diagnostics.size(), 1U) << text;
    EXPECT_EQ(parsed.diagnostics[0].slug, "type") << text;
  }
}

TEST(TomlConf, NamesTheFilesToBeReadAfterIt) {
  const auto parsed = parse_toml("include = [\"/etc/a\",\n  \"-/etc/b.d\"]\n");
  ASSERT_EQ(parsed.includes.size(), 2U);
  EXPECT_EQ(parsed.includes[0].path, "/etc/a");
  EXPECT_FALSE(parsed.includes[0].may_be_absent);
  EXPECT_EQ(parsed.includes[0].at.text(), "f:1:12");
  EXPECT_EQ(parsed.includes[1].path, "/etc/b.d");
  EXPECT_TRUE(parsed.includes[1].may_be_absent);
  EXPECT_EQ(parsed.includes[1].at.text(), "f:2:3");
  EXPECT_EQ(parse_toml("include = \"/etc/a\"").includes.size(), 1U);
  for (const char* text : {"include = \"\"", "include = [\"-\"]"}) {
    const auto bad = parse_toml(text);
    EXPECT_THAT(bad.includes, IsEmpty());
    EXPECT_EQ(bad.diagnostics.size(), 1U) << text;
  }
}

TEST(TomlConf, SetsTheDaemon) {
  const auto parsed = parse_toml(
      "[daemon]\nuser = \"uvinetd\"\nlog = \"syslog\"\nspawner = \"clone\"\n"
      "log_format = \"json\"\nlog_addresses = \"hash\"\n"
      "control = \"/run/x\"\ncontrol_group = \"adm\"\ncontrol_read = \"all\"\n"
      "stop = \"drain\"\ndrain_time = \"5min\"\n");
  EXPECT_EQ(parsed.daemon, (DaemonSettings{"uvinetd", "/run/x", "adm", "all", "syslog", "clone",
                                           "json", "hash", "drain", "5min"}));
  EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
  EXPECT_EQ(parse_toml("[daemon]\nuser = 77\n").daemon.user, "77");
  EXPECT_EQ(parse_toml("[daemon]\ncontrol_group = 4\n").daemon.control_group, "4");
  EXPECT_EQ(parse_toml("[daemon]\ncontrol = \"none\"\n").daemon.control, "none");
  EXPECT_EQ(parse_toml("[daemon]\ndrain_time = 30\n").daemon.drain_time, "30");
  const auto bad = parse_toml(
      "[daemon]\nusr = \"a\"\nuser = \"\"\nlog = \"sislog\"\nspawner = 1\ncontrol = \"x\"\n"
      "control_read = \"some\"\nstop = \"soon\"\ndrain_time = \"x\"\n");
  EXPECT_THAT(places(bad.diagnostics),
              ElementsAre("2:1 key", "3:8 value", "4:7 value", "5:11 type", "6:11 value",
                          "7:16 value", "8:8 value", "9:14 value"));
  EXPECT_EQ(bad.daemon, DaemonSettings());
}

TEST(TomlConf, TellsEveryMistakeOfAServiceAndServesTheRest) {
  const auto parsed = parse_toml(
      "[services.bad]\nlisten = \"tpc://:79\"\nexec = \"x\"\nusre = \"a\"\nbacklog = \"a\"\n" +
      service("good", 1));
  EXPECT_THAT(
      texts(parsed.diagnostics),
      ElementsAre("f:1:11: error: the service \"bad\" has no \"user\" "
                  "(as user = \"nobody\") [missing-key]",
                  "f:2:10: error: unknown protocol \"tpc\" (did you mean \"tcp\"?) [protocol]",
                  "f:3:8: error: the program must be an absolute path, not \"x\" [program]",
                  "f:4:1: error: unknown key \"usre\" (did you mean \"user\"?) [key]",
                  "f:5:11: error: \"backlog\" must be of the type integer, not a string "
                  "[type]"));
  EXPECT_THAT(ids(parsed), ElementsAre("good"));
  EXPECT_EQ(parsed.services_written, 2U);
}

TEST(TomlConf, WantsOneProgramAndOneUser) {
  const std::string listen = "[services.a]\nlisten = \"tcp4://:7\"\n";
  EXPECT_THAT(places(parse_toml(listen).diagnostics), ElementsAre("1:11 missing-key"));
  EXPECT_THAT(
      places(parse_toml(listen + "internal = \"echo\"\nexec = \"/x\"\nuser = \"a\"\n").diagnostics),
      ElementsAre("3:1 value"));
  EXPECT_THAT(places(parse_toml(listen + "exec = \"/x\"\nstderr = \"socket\"").diagnostics),
              ElementsAre("1:11 missing-key"));
  const auto own = parse_toml(listen + "exec = \"/x\"\nstderr = \"socket\"", false);
  EXPECT_THAT(texts(own.diagnostics), IsEmpty());
  EXPECT_EQ(own.services.at(0).user, "");
  EXPECT_THAT(texts(parse_toml(listen + "internal = \"echo\"\n").diagnostics), IsEmpty());
}

TEST(TomlConf, ReachesAServiceThroughTheMultiplexerAlone) {
  const auto parsed = parse_toml(
      "[services.a]\ntcpmux = \"+name\"\nexec = \"/x\"\nuser = \"a\"\nstderr = \"socket\"\n"
      "[services.b]\ntcpmux = \"b\"\ninternal = \"echo\"\n");
  ASSERT_THAT(ids(parsed), ElementsAre("a"));
  EXPECT_THAT(parsed.services[0].listen, IsEmpty());
  EXPECT_EQ(parsed.services[0].more->tcpmux, "name");
  EXPECT_TRUE(parsed.services[0].more->tcpmux_greets);
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("8:12 internal"));
}

TEST(TomlConf, OfABuiltInFollowsItsSocket) {
  const auto parsed = parse_toml(
      "[services.a]\nlisten = \"udp4://:7\"\ninternal = \"echo\"\nmode = \"nowait\"\n"
      "[services.b]\nlisten = \"tcp4://:7\"\ninternal = \"echo\"\n");
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("3:12 internal-wait"));
  ASSERT_EQ(parsed.services.size(), 2U);
  EXPECT_EQ(parsed.services[0].mode, Mode::Wait);
  EXPECT_EQ(parsed.services[1].mode, Mode::Nowait);
}

TEST(TomlConf, LeavesOutWhatIsNotEnabledAndTellsItsMistakesAsWarnings) {
  const auto parsed = parse_toml(service("a", 1, "enabled = false\nallow = [\"10\"]\nusre = 1\n") +
                                 service("b", 1));
  EXPECT_THAT(ids(parsed), ElementsAre("b"));
  EXPECT_EQ(parsed.services_written, 1U);
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("7:10 access", "8:1 key"));
  for (const auto& said : parsed.diagnostics) EXPECT_EQ(said.severity, Severity::Warning);
}

TEST(TomlConf, GivesASocketToTheFirstThatNamesIt) {
  const auto parsed = parse_toml(service("a", 1) + service("b", 1));
  EXPECT_THAT(ids(parsed), ElementsAre("a"));
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("6:11 duplicate"));
}

TEST(TomlConf, SendsStandardErrorToTheLogByDefault) {
  const std::string both =
      "[services.a]\nlisten = \"tcp4://:1\"\nexec = \"/x\"\nuser = \"a\"\n"
      "[services.b]\nlisten = \"tcp4://:2\"\nexec = \"/x\"\nuser = \"a\"\n";
  const auto parsed = parse_toml(both);
  EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
  for (const auto& spec : parsed.services) EXPECT_EQ(spec.more->stderr_to, StderrTo::Log);
  EXPECT_THAT(texts(parse_toml("[defaults]\nstderr = \"socket\"\n" + both).diagnostics), IsEmpty());
  EXPECT_THAT(texts(parse_toml(service("a", 1)).diagnostics), IsEmpty());
}

TEST(TomlConf, NeverRepeatsWhatAVariableHolds) {
  const char* const cases[] = {
      "env = [\"hunter2\"]",          "env = { PASSWORD = [\"hunter2\"] }", "env = [\"=hunter2\"]",
      "env = { \"\" = \"hunter2\" }", "env = { A = \"hunter2\\u0000\" }",   "env = \"hunter2\"",
  };
  for (const auto* text : cases) {
    const auto parsed = parse_toml(service("a", 1, text));
    EXPECT_EQ(parsed.diagnostics.size(), 1U) << text;
    for (const auto& said : texts(parsed.diagnostics)) {
      EXPECT_EQ(said.find("hunter2"), std::string::npos) << said;
    }
  }
}

TEST(TomlDefaults, AreTakenWhereNothingElseIsWritten) {
  const auto parsed = parse_toml("[defaults]\ninstances = 5\nuser = \"a\"\nstderr = \"socket\"\n" +
                                 std::string("[services.a]\nlisten = \"tcp4://:1\"\nexec = \"/x\"\n"
                                             "[services.b]\nlisten = \"tcp4://:2\"\nexec = \"/x\"\n"
                                             "user = \"b\"\ninstances = 0\n"
                                             "[services.c]\nlisten = \"tcp4://:3\"\n"
                                             "internal = \"echo\"\n"));
  EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
  ASSERT_EQ(parsed.services.size(), 3U);
  EXPECT_EQ(parsed.services[0].user, "a");
  EXPECT_EQ(parsed.services[0].instances, 5U);
  EXPECT_EQ(parsed.services[1].user, "b");
  EXPECT_EQ(parsed.services[1].instances, 0U);
  EXPECT_EQ(parsed.services[2].user, "");
  EXPECT_EQ(parsed.services[2].instances, 5U);
}

TEST(TomlDefaults, MayStandBehindTheServices) {
  const auto parsed = parse_toml(service("a", 1) + "[defaults]\ninstances = 5\n");
  ASSERT_EQ(parsed.services.size(), 1U);
  EXPECT_EQ(parsed.services[0].instances, 5U);
}

// A bad value is told once, at its place, and spoils those that would have it.
TEST(TomlDefaults, ThatAreBadSpoilWhoeverInheritsThem) {
  for (const char* setting : {"backlog = \"x\"", "backlog = -1"}) {
    const auto parsed = parse_toml(std::string("[defaults]\n") + setting + '\n' + service("a", 1) +
                                   service("b", 2, "backlog = 5\n") + service("c", 3));
    EXPECT_EQ(parsed.diagnostics.size(), 1U) << setting;
    EXPECT_EQ(parsed.diagnostics[0].at.text(), "f:2:11");
    EXPECT_THAT(ids(parsed), ElementsAre("b"));
    EXPECT_EQ(parsed.services_written, 3U);
  }
}

TEST(TomlDefaults, ThatRestrictAccessAreNeverDropped) {
  const auto parsed =
      parse_toml("[defaults]\nallow = [\"10.0.0.0/40\"]\n" + service("a", 1) + service("b", 2));
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("2:10 access"));
  EXPECT_THAT(parsed.services, IsEmpty());
}

TEST(TomlDefaults, OfAccessHoldForWhoHasNoneOfItsOwn) {
  const auto parsed = parse_toml("[defaults]\nallow = [\"10.0.0.0/8\"]\n" + service("a", 1) +
                                 service("b", 2, "allow = []\n"));
  EXPECT_THAT(parsed.diagnostics, IsEmpty());
  ASSERT_EQ(parsed.services.size(), 2U);
  EXPECT_THAT(*parsed.services[0].more->allow, ElementsAre("10.0.0.0/8"));
  EXPECT_EQ(parsed.services[0].admission_at->allow.text(), "f:2:9");
  EXPECT_THAT(*parsed.services[1].more->allow, IsEmpty());
}

TEST(TomlConf, TellsWhatIsOddAboutAccessRulesAtTheirPlaces) {
  const auto parsed = parse_toml(
      service("a", 1, "deny = [\"10.0.0.5/8\", \"10.0.0.0/8\", \"h.Example\", \"H.example\"]\n"));
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("6:9 access", "6:23 access", "6:50 access"));
  for (const auto& said : parsed.diagnostics) EXPECT_EQ(said.severity, Severity::Warning);
  EXPECT_EQ(parsed.services.size(), 1U);
}

TEST(TomlDefaults, OfAnUnknownNameMightHaveRestrictedAnybody) {
  for (const char* setting :
       {"alow = []", "mode = \"wait\"", "listen = \"tcp://:1\"", "exec = \"/x\""}) {
    const auto parsed = parse_toml(std::string("[defaults]\n") + setting + '\n' + service("a", 1));
    EXPECT_EQ(parsed.diagnostics.size(), 1U) << setting;
    EXPECT_EQ(parsed.diagnostics[0].at.text(), "f:2:1");
    EXPECT_THAT(parsed.services, IsEmpty());
  }
}

TEST(TomlConf, TenThousandServicesAreRead) {
  std::string text = "[defaults]\nstderr = \"socket\"\nuser = \"nobody\"\n";
  for (int i = 0; i < 10000; ++i) {
    text += "[services.s" + std::to_string(i) + "]\nlisten = \"tcp4://:" + std::to_string(i + 1) +
            "\"\nexec = [\"/bin/x\", \"-w\"]\n";
  }
  const auto parsed = parse_toml(text);
  EXPECT_EQ(parsed.services.size(), 10000U);
  EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
}

}  // namespace
}  // namespace uvinetd::testing
