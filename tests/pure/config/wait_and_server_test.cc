// SPDX-License-Identifier: ISC
// Fields 4 and on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Limit = std::optional<unsigned>;

ParsedConfig with_wait(std::string_view wait, Dialect dialect = Dialect::Debian) {
  return parse("ftp stream tcp " + std::string(wait) + " root /bin/x\n", dialect);
}

TEST(WaitField, ModeAndLimits) {
  struct Row {
    const char* text;
    Mode mode;
    Limit instances, starts, source_starts, per_source;
  };
  const Row rows[] = {
      {"wait", Mode::Wait, {}, {}, {}, {}},          {"nowait", Mode::Nowait, {}, {}, {}, {}},
      {"nowait.5", Mode::Nowait, {}, 5, {}, {}},     {"nowait:5", Mode::Nowait, {}, 5, {}, {}},
      {"wait.5", Mode::Wait, {}, 5, {}, {}},         {"wait:5", Mode::Wait, {}, 5, {}, {}},
      {"nowait.0", Mode::Nowait, {}, 0, {}, {}},     {"nowait/5", Mode::Nowait, 5, {}, {}, {}},
      {"nowait/0", Mode::Nowait, 0, {}, {}, {}},     {"nowait/5/60", Mode::Nowait, 5, {}, 60, {}},
      {"nowait/5/60/2", Mode::Nowait, 5, {}, 60, 2}, {"wait/1", Mode::Wait, {}, {}, {}, {}},
  };
  for (const auto& row : rows) {
    const auto parsed = with_wait(row.text);
    ASSERT_EQ(parsed.services.size(), 1U) << row.text;
    const auto& spec = parsed.services[0];
    EXPECT_EQ(spec.mode, row.mode) << row.text;
    EXPECT_EQ(spec.instances, row.instances) << row.text;
    EXPECT_EQ(spec.starts_per_minute, row.starts) << row.text;
    EXPECT_EQ(spec.source_starts_per_minute, row.source_starts) << row.text;
    EXPECT_EQ(spec.instances_per_source, row.per_source) << row.text;
  }
}

TEST(WaitField, AnUnknownWordIsNeverNowait) {
  const std::pair<const char*, const char*> rows[] = {
      {"nowiat", "1:16 wait"},
      {"waitx", "1:16 wait"},
      {"nowaitXYZ", "1:16 wait"},
      {"WAIT", "1:16 wait"},
      {"-", "1:16 wait"},
      {"nowait.", "1:23 number"},
      {"nowait.x", "1:23 number"},
      {"nowait:-1", "1:23 number"},
      {"nowait/", "1:23 number"},
      {"nowait//5", "1:23 number"},
      {"nowait/1/", "1:25 number"},
      {"nowait/1/2/x", "1:27 number"},
      {"nowait/1/2/3/4", "1:28 wait"},
      {"nowait.5/6", "1:23 number"},
  };
  for (const auto dialect : kAllDialects) {
    for (const auto& [text, problem] : rows) {
      const auto parsed = with_wait(text, dialect);
      EXPECT_THAT(places(parsed.diagnostics), ElementsAre(problem)) << text;
      EXPECT_THAT(parsed.services, IsEmpty()) << text;
    }
  }
  EXPECT_THAT(with_wait("nowiat").diagnostics[0].text(), HasSubstr("did you mean \"nowait\"?"));
}

TEST(WaitField, AnotherReadingByTheSystemsOwnInetdIsTold) {
  struct Row {
    Dialect dialect;
    std::vector<std::string> told;  // of the six texts below
  };
  const std::vector<std::string> texts{"nowait.5", "nowait:5", "nowait/5",
                                       "wait.5",   "wait:5",   "wait/1"};
  const std::vector<std::string> colon_and_slash{"nowait:5", "nowait/5", "wait:5", "wait/1"};
  const Row rows[] = {
      {Dialect::Debian, colon_and_slash},
      {Dialect::OpenBsd, colon_and_slash},
      {Dialect::Gnu, colon_and_slash},
      {Dialect::Busybox, colon_and_slash},
      {Dialect::FreeBsd, {"nowait.5", "nowait:5", "wait.5", "wait:5"}},
      {Dialect::NetBsd, {"nowait/5", "wait/1"}},
  };
  for (const auto& row : rows) {
    std::vector<std::string> told;
    for (const auto& text : texts) {
      const auto parsed = with_wait(text, row.dialect);
      if (parsed.diagnostics.empty()) continue;
      EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:16 dialect"));
      EXPECT_EQ(parsed.diagnostics[0].severity, Severity::Warning);
      told.push_back(text);
    }
    EXPECT_THAT(told, ElementsAreArray(row.told));
  }
  EXPECT_THAT(with_wait("wait/1").diagnostics[0].message, HasSubstr("reads it as nowait"));
}

TEST(WaitField, LimitsThatAWaitServiceCannotHaveAreTold) {
  const auto parsed = with_wait("wait/3/10", Dialect::FreeBsd);
  EXPECT_THAT(places(parsed.diagnostics), ElementsAre("1:16 wait-limit"));
  EXPECT_EQ(parsed.services[0].instances, std::nullopt);
  EXPECT_THAT(with_wait("wait/1", Dialect::FreeBsd).diagnostics, IsEmpty());
  EXPECT_THAT(places(parse("ftp stream,2 tcp wait root /bin/x\n").diagnostics),
              ElementsAre("1:18 wait-limit"));
}

TEST(WaitField, TwoDifferentNumbersOfInstancesAreAnError) {
  EXPECT_THAT(
      places(parse("ftp stream,2 tcp nowait/3 root /bin/x\n", Dialect::FreeBsd).diagnostics),
      ElementsAre("1:25 number"));
  EXPECT_THAT(parse("ftp stream,3 tcp nowait/3 root /bin/x\n", Dialect::FreeBsd).diagnostics,
              IsEmpty());
}

ParsedConfig with_user(std::string_view user) {
  return parse("ftp stream tcp nowait " + std::string(user) + " /bin/x\n");
}

TEST(UserField, IsSplitAtColonAndSlashButNotAtDots) {
  struct Row {
    const char* text;
    const char* user;
    const char* group;
  };
  const Row rows[] = {
      {"root", "root", ""},          {"root:sys", "root", "sys"}, {"www.data", "www.data", ""},
      {"a.b:c.d", "a.b", "c.d"},     {"root/daemon", "root", ""}, {"root:sys/staff", "root", "sys"},
      {"1000:1000", "1000", "1000"},
  };
  for (const auto& row : rows) {
    const auto parsed = with_user(row.text);
    ASSERT_EQ(parsed.services.size(), 1U) << row.text;
    EXPECT_EQ(parsed.services[0].user, row.user);
    EXPECT_EQ(parsed.services[0].group, row.group);
  }
}

TEST(UserField, EmptyPartsAreErrors) {
  const std::pair<const char*, const char*> rows[] = {
      {":sys", "1:23 user"},   {"root:", "1:28 group"},       {"/x", "1:23 user"},
      {"a:b:c", "1:25 group"}, {"root/", "1:28 login-class"},
  };
  for (const auto& [text, problem] : rows) {
    EXPECT_THAT(places(with_user(text).diagnostics), ElementsAre(problem)) << text;
  }
}

TEST(UserField, ALoginClassIsToldOnce) {
  EXPECT_THAT(texts(with_user("root/daemon").diagnostics),
              ElementsAre("f:1:28: warning: login classes do not exist here; \"daemon\" is ignored "
                          "[login-class]"));
}

ParsedConfig with_server(std::string_view server, std::string_view head = "ftp stream tcp nowait") {
  return parse(std::string(head) + " root " + std::string(server) + "\n");
}

TEST(ServerField, ArgumentsStartWithTheNameOrItIsMade) {
  EXPECT_THAT(with_server("/usr/sbin/ftpd ftpd -l").services[0].argv, ElementsAre("ftpd", "-l"));
  EXPECT_THAT(with_server("/usr/sbin/ftpd").services[0].argv, ElementsAre("ftpd"));
}

TEST(ServerField, TheProgramIsAnAbsolutePath) {
  for (const char* text : {"ftpd", "./ftpd", "/usr/sbin/", "\"\"", "interal"}) {
    const auto parsed = with_server(text);
    ASSERT_FALSE(parsed.diagnostics.empty()) << text;
    EXPECT_EQ(parsed.diagnostics.back().slug, "program") << text;
    EXPECT_EQ(parsed.diagnostics.back().at.column, 28) << text;
    EXPECT_THAT(parsed.services, IsEmpty()) << text;
  }
  EXPECT_THAT(with_server("interal").diagnostics[0].hint, HasSubstr("internal"));
}

TEST(ServerField, ABuiltInIsNamedByServiceAliasPortOrWord) {
  const std::tuple<const char*, const char*, const char*> rows[] = {
      {"echo stream tcp nowait", "internal", "echo"},
      {"sink stream tcp nowait", "internal", "discard"},
      {"9 stream tcp nowait", "internal", "discard"},
      {"7007 stream tcp nowait", "internal echo", "echo"},
      {"echo stream tcp nowait", "internal chargen", "chargen"},
      {"/run/daytime stream unix nowait", "internal", "daytime"},
      {"/run/x dgram unix wait", "internal echo", "echo"},
  };
  for (const auto& [head, server, name] : rows) {
    const auto parsed = with_server(server, head);
    EXPECT_THAT(texts(parsed.diagnostics), IsEmpty());
    ASSERT_EQ(parsed.services.size(), 1U) << head;
    EXPECT_EQ(parsed.services[0].internal, name);
    EXPECT_EQ(parsed.services[0].program, "");
    EXPECT_THAT(parsed.services[0].argv, IsEmpty());
  }
}

TEST(ServerField, AnUnknownBuiltInIsAnErrorWithAHint) {
  EXPECT_THAT(texts(with_server("internal ecko").diagnostics),
              ElementsAre("f:1:37: error: there is no built-in service \"ecko\" (did you mean "
                          "\"echo\"?) [internal]"));
  EXPECT_THAT(places(with_server("internal").diagnostics), ElementsAre("1:28 internal"));
  EXPECT_THAT(places(with_server("internal auth -r", "auth stream tcp nowait").diagnostics),
              ElementsAre("1:38 internal"));
}

TEST(ServerField, WordsAfterABuiltInAreTold) {
  EXPECT_THAT(places(with_server("internal echo -x -y").diagnostics), ElementsAre("1:42 internal"));
  EXPECT_THAT(places(with_server("internal # why", "echo stream tcp nowait").diagnostics),
              ElementsAre("1:38 trailing-comment"));
}

TEST(ServerField, TheModeOfABuiltInFollowsItsSocket) {
  const auto stream = with_server("internal", "echo stream tcp wait");
  EXPECT_EQ(stream.services[0].mode, Mode::Nowait);
  EXPECT_THAT(places(stream.diagnostics), ElementsAre("1:27 internal-wait"));
  const auto dgram = with_server("internal", "echo dgram udp nowait");
  EXPECT_EQ(dgram.services[0].mode, Mode::Wait);
  EXPECT_THAT(places(dgram.diagnostics), ElementsAre("1:28 internal-wait"));
}

}  // namespace
}  // namespace uvinetd::testing
