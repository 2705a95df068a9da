// SPDX-License-Identifier: ISC
// Whole rule files.
#include "core/config/syslog/syslog_conf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/pure/config/fake_includes.h"

namespace uvinetd::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ParsedSyslogConf parse(const std::string& text, FakeIncludes includes = FakeIncludes(),
                       SyslogDialect dialect = SyslogDialect::Linux) {
  return parse_syslog_conf(text, "/etc/syslog.conf", dialect, includes);
}

// "3:7 action", in the order of the places.
std::vector<std::string> told(const ParsedSyslogConf& parsed) {
  std::vector<std::string> out;
  for (const auto& each : parsed.diagnostics) {
    out.push_back(std::to_string(each.at.line) + ':' + std::to_string(each.at.column) + ' ' +
                  (each.severity == Severity::Error ? "" : "warning ") + each.slug);
  }
  return out;
}

SyslogAction only_action(const std::string& line) {
  const auto parsed = parse("*.* " + line + "\n");
  EXPECT_THAT(told(parsed), IsEmpty()) << line;
  EXPECT_EQ(parsed.rules.actions.size(), 1U) << line;
  return parsed.rules.actions.empty() ? SyslogAction() : parsed.rules.actions[0];
}

TEST(SyslogConf, ReadsTheThreeExamplesOfTheLecture) {
  const auto parsed = parse(
      "# where messages go\n"
      "*.emerg\t/dev/console\n"
      "lpr.notice;lpr.!err\t/dev/null\n"
      "mail.=notice;mail.=warning  -/var/log/mail\n");
  EXPECT_THAT(told(parsed),
              ElementsAre("3:1 warning selector-dialect", "4:1 warning selector-dialect"));
  ASSERT_EQ(parsed.rules.rules.size(), 3U);
  ASSERT_EQ(parsed.rules.actions.size(), 3U);
  EXPECT_EQ(parsed.rules.rules[0].mask[0], 1);
  EXPECT_EQ(parsed.rules.actions[0].kind, SyslogActionKind::Terminal);
  EXPECT_EQ(parsed.rules.rules[1].mask[6], 0x30);
  EXPECT_EQ(parsed.rules.actions[1].kind, SyslogActionKind::Discard);
  EXPECT_EQ(parsed.rules.rules[2].mask[2], 0x30);
  EXPECT_EQ(parsed.rules.actions[2].path, "/var/log/mail");
  EXPECT_FALSE(parsed.rules.actions[2].is_synced);
  EXPECT_EQ(parsed.rules.actions[2].place, "/etc/syslog.conf:4");
}

TEST(SyslogConf, KnowsEveryAction) {
  EXPECT_TRUE(only_action("/var/log/all").is_synced);
  EXPECT_EQ(only_action("/var/log/all").kind, SyslogActionKind::File);
  for (const auto* path : {"/dev/console", "/dev/tty12", "/dev/ttyS0", "/dev/pts/3"}) {
    EXPECT_EQ(only_action(path).kind, SyslogActionKind::Terminal) << path;
  }
  EXPECT_EQ(only_action("|/run/x").kind, SyslogActionKind::Fifo);
  EXPECT_EQ(only_action("| /run/x").path, "/run/x");
  EXPECT_THAT(only_action("root, joe,root").users, ElementsAre("root", "joe"));
  EXPECT_THAT(only_action("*").users, ElementsAre("*"));
  EXPECT_THAT(only_action("root,*").users, ElementsAre("*"));
  EXPECT_THAT(only_action(":omusrmsg:*").users, ElementsAre("*"));
  EXPECT_EQ(only_action("@log.example").host, "log.example");
  EXPECT_EQ(only_action("@log.example").port, 514);
  EXPECT_EQ(only_action("@192.0.2.1:5514").port, 5514);
  EXPECT_EQ(only_action("@[2001:db8::1]:99").host, "2001:db8::1");
  EXPECT_EQ(only_action("@[fe80::1%eth0]").host, "fe80::1%eth0");
  EXPECT_EQ(only_action("@2001:db8::1").port, 514);
  EXPECT_EQ(only_action("/dev/null").kind, SyslogActionKind::Discard);
  for (const auto* word : {"~", "stop"}) {
    EXPECT_TRUE(parse(std::string("*.* ") + word).rules.rules.at(0).is_final);
  }
}

TEST(SyslogConf, KnowsTheOptionsOfActions) {
  const auto file = only_action("-/var/log/x ;RFC5424,rotate=10M:7");
  EXPECT_EQ(file.form, SyslogForm::Rfc5424);
  EXPECT_EQ(file.rotate_size, 10U * 1024 * 1024);
  EXPECT_EQ(file.rotate_count, 7U);
  EXPECT_EQ(only_action("@h;size=1180,RFC3164").most_bytes, 1180U);
  EXPECT_EQ(only_action("/x;RSYSLOG_SyslogProtocol23Format").form, SyslogForm::Rfc5424);
}

TEST(SyslogConf, ATargetHasOneAction) {
  const auto parsed = parse("mail.* -/x\nkern.* /x\nuser.* /x;RFC5424\n*.* @h\n*.* @h:514\n");
  EXPECT_EQ(parsed.rules.rules.size(), 5U);
  ASSERT_EQ(parsed.rules.actions.size(), 2U);
  EXPECT_TRUE(parsed.rules.actions[0].is_synced);
  EXPECT_THAT(told(parsed), ElementsAre("3:1 warning action-option"));
}

TEST(SyslogConf, FiltersHoldForWhatFollows) {
  const auto parsed = parse(
      "!su,sudo\n*.* /a\n!-cron\n*.* /b\n!*\n+gate,@\n*.* /c\n-gate\n*.* /d\n+*\n"
      ":msg, !icase_contains, \"a\\\"b\"\n*.* /e\n:*\n*.* /f\n#!ppp\n*.* /g\n#+far\n*.* /h\n"
      "# !not a filter\n#-----\n#!/bin/sh\n*.* /i\n");
  EXPECT_THAT(told(parsed), IsEmpty());
  const auto& rules = parsed.rules.rules;
  ASSERT_EQ(rules.size(), 9U);
  EXPECT_THAT(rules[0].programs.names, ElementsAre("su", "sudo"));
  EXPECT_TRUE(rules[1].programs.is_inverted);
  EXPECT_EQ(rules[2].programs, SyslogNames());
  EXPECT_THAT(rules[2].hosts.names, ElementsAre("gate", "@"));
  EXPECT_TRUE(rules[3].hosts.is_inverted);
  EXPECT_EQ(rules[4].hosts, SyslogNames());
  ASSERT_EQ(rules[4].properties.size(), 1U);
  const auto& filter = rules[4].properties[0];
  EXPECT_TRUE(filter.is_inverted && filter.ignores_case);
  EXPECT_EQ(filter.operation, SyslogOperation::Contains);
  EXPECT_EQ(filter.value, "a\"b");
  EXPECT_THAT(rules[5].properties, IsEmpty());
  EXPECT_THAT(rules[6].programs.names, ElementsAre("ppp"));
  EXPECT_THAT(rules[7].hosts.names, ElementsAre("far"));
  EXPECT_EQ(rules[8].hosts, rules[7].hosts);
}

TEST(SyslogConf, AFilterWithAnActionIsARule) {
  const auto parsed = parse(
      ":programname, isequal, \"sshd\" /var/log/ssh\n& stop\n:msg, ereregex, \"^a|b$\" @h\n"
      "*.* /rest\n");
  EXPECT_THAT(told(parsed), IsEmpty());
  const auto& rules = parsed.rules.rules;
  ASSERT_EQ(rules.size(), 4U);
  EXPECT_EQ(rules[0].mask[5], 0xff);
  EXPECT_EQ(rules[0].mask[kMarkFacility], 0);
  EXPECT_EQ(rules[0].properties, rules[1].properties);
  EXPECT_TRUE(rules[1].is_final);
  EXPECT_EQ(rules[2].properties.at(0).operation, SyslogOperation::ExtendedRegex);
  EXPECT_THAT(rules[3].properties, IsEmpty());
}

TEST(SyslogConf, EmptyIsAskedForWithoutAValue) {
  const auto parsed = parse(":msg, isempty /a\n:sd,!isempty\n*.* /b\n:*\n*.* /rest\n");
  EXPECT_THAT(told(parsed), IsEmpty());
  const auto& rules = parsed.rules.rules;
  ASSERT_EQ(rules.size(), 3U);
  EXPECT_EQ(rules[0].properties.at(0).operation, SyslogOperation::IsEqual);
  EXPECT_EQ(rules[0].properties.at(0).value, "");
  EXPECT_FALSE(rules[0].properties.at(0).is_inverted);
  EXPECT_TRUE(rules[1].properties.at(0).is_inverted);
  EXPECT_THAT(rules[2].properties, IsEmpty());
}

TEST(SyslogConf, JoinsLinesAndKeepsPlaces) {
  const auto parsed = parse("*.info;\\\n   mail.none;\\\r\n\tmial.err \\\n  /x\n*.* /y");
  EXPECT_THAT(told(parsed), ElementsAre("3:2 facility"));
  ASSERT_EQ(parsed.rules.rules.size(), 1U);
  EXPECT_EQ(parsed.rules.actions[0].path, "/y");
}

TEST(SyslogConf, ACommentBehindARuleIsTold) {
  const auto text = "*.* /x # all of it\n*.* /y#2\n";
  const auto in_linux = parse(text);
  EXPECT_THAT(told(in_linux), ElementsAre("1:8 warning trailing-comment"));
  EXPECT_EQ(in_linux.rules.actions.at(0).path, "/x");
  EXPECT_EQ(in_linux.rules.actions.at(1).path, "/y#2");
  const auto in_bsd = parse("*.* /x # all\n*.* /y\\#2\n", FakeIncludes(), SyslogDialect::Bsd);
  EXPECT_THAT(told(in_bsd), IsEmpty());
  EXPECT_EQ(in_bsd.rules.actions.at(1).path, "/y#2");
}

TEST(SyslogConf, IncludesFilesWithFiltersOfTheirOwn) {
  FakeIncludes files({{"/etc/a", "*.* /a\n!inner\n"},
                      {"/etc/syslog.d/b.conf", "mail.info /b\n"},
                      {"/etc/syslog.d/c.txt", "mail.info /c\n"},
                      {"/etc/syslog.d/d.conf", "mial.info /d\n"}});
  const auto parsed =
      parse("!outer\ninclude a\n*.* /x\n$IncludeConfig /etc/syslog.d/\n*.* /y\n", files);
  const auto& rules = parsed.rules.rules;
  ASSERT_EQ(rules.size(), 4U);
  EXPECT_EQ(rules[0].programs, SyslogNames());
  EXPECT_THAT(rules[1].programs.names, ElementsAre("outer"));
  EXPECT_EQ(parsed.rules.actions[2].path, "/b");
  EXPECT_THAT(parsed.files, ElementsAre("/etc/syslog.conf", "/etc/a", "/etc/syslog.d/b.conf",
                                        "/etc/syslog.d/d.conf"));
  ASSERT_EQ(parsed.diagnostics.size(), 1U);
  EXPECT_THAT(parsed.diagnostics[0].text(), HasSubstr("/etc/syslog.d/d.conf:1:1: error"));
}

// As the file that FreeBSD comes with: folders of others, which may not be there.
TEST(SyslogConf, AFolderNeedNotBeThere) {
  FakeIncludes files;
  files.add("/etc/syslog.d/b.conf", "mail.info /b\n");
  const auto bsd =
      parse("include /etc/syslog.d\ninclude /usr/local/etc/syslog.d\ninclude /x/*.conf\n*.* /y\n",
            files, SyslogDialect::Bsd);
  EXPECT_THAT(told(bsd), ElementsAre("2:9 warning include", "3:9 warning include"));
  EXPECT_EQ(bsd.rules.actions.size(), 2U);
  const auto in_linux =
      parse("include /etc/syslog.d\ninclude /x/\ninclude /x/*.conf\ninclude /x\n", files);
  EXPECT_THAT(told(in_linux), ElementsAre("2:9 warning include", "4:9 file"));
  EXPECT_EQ(in_linux.rules.actions.size(), 1U);
}

TEST(SyslogConf, IncludesEnd) {
  FakeIncludes itself;
  itself.add("/etc/a", "include a\n");
  const auto circle = parse("include /etc/a\n*.* /x\n", itself);
  EXPECT_THAT(told(circle), ElementsAre("1:9 include"));
  EXPECT_EQ(circle.rules.rules.size(), 1U);
  FakeIncludes doubling;
  for (int i = 0; i < 14; ++i) {
    const auto next = std::to_string(i + 1);
    doubling.add("/e/" + std::to_string(i), "include " + next + "\ninclude " + next + "\n");
  }
  const auto many = parse("include /e/0\n", doubling);
  EXPECT_THAT(many.diagnostics,
              Contains(Field(&Diagnostic::message, HasSubstr("more than 1000 files"))));
}

// One line each; the rest of the file holds.
TEST(SyslogConf, EveryErrorHasItsPlace) {
  struct Wrong {
    std::string line, told;
  };
  const std::vector<Wrong> cases{
      {"mail.info", "1:10 action"},
      {"mail.info   ", "1:10 action"},
      {"mail.info relative/path", "1:11 action"},
      {"mail.info -relative", "1:12 action"},
      {"mail.info /var/log/", "1:11 action"},
      {"mail.info /a b", "1:11 action"},
      {"mail.info @", "1:12 action"},
      {"mail.info @a_b!c", "1:12 action"},
      {"mail.info @[::1", "1:12 action"},
      {"mail.info @[::x]:1", "1:13 action"},
      {"mail.info @h:0", "1:14 port"},
      {"mail.info @h:syslog", "1:14 port"},
      {"mail.info @h:65536", "1:14 port"},
      {"mail.info @@h", "1:11 action-tcp"},
      {"mail.info |\"exec cat\"", "1:11 action-program"},
      {"mail.info |exec cat", "1:11 action-program"},
      {"mail.info |/bin/cat -u", "1:11 action-program"},
      {"mail.info ^prog", "1:11 action-program"},
      {"mail.info :omfile:$x", "1:11 action"},
      {"mail.info root,,joe", "1:16 action"},
      {"mail.info /x;rotate=10", "1:14 action-option"},
      {"mail.info /x;rotate=10M:0", "1:14 action-option"},
      {"mail.info @h;size=20", "1:14 action-option"},
      {"mail.info /x;rotat=1M", "1:14 warning action-option"},
      {"mail.info /x;size=1000", "1:14 warning action-option"},
      {"mail.info @h;rotate=1M", "1:14 warning action-option"},
      {"!-", "1:3 filter"},
      {"!-*", "1:3 filter"},
      {"!a,,b", "1:4 filter"},
      {"!a b", "1:2 filter"},
      {":msg", "1:5 filter"},
      {":mgs, contains, \"x\"", "1:2 filter"},
      {":msg, equal, \"x\"", "1:7 filter"},
      {":msg, contains \"x\"", "1:16 filter"},
      {":mgs, isempty", "1:2 filter"},
      {":msg, contains, x", "1:17 filter"},
      {":msg, contains, \"x", "1:17 filter"},
      {":msg, regex, \"[\"", "1:14 regex"},
      {":msg, ereregex, \"(a\"", "1:17 regex"},
      {":msg, regex, \"\\(a\\)\\1\"", "1:14 regex"},
      {":msg, ereregex, \"((a{1,99}){1,99}){1,99}\"", "1:17 regex"},
      {":msg, ereregex, \"(" + std::string(200, 'a') + "){255}\"", "1:17 regex"},
      {":* /x", "1:3 filter"},
      {"& /x", "1:1 action"},
      {"include", "1:8 include"},
      {"include /missing", "1:9 file"},
      {"$IncludeConfig", "1:15 include"},
      {"$ModLoad imuxsock", "1:1 directive"},
      {"module(load=\"imuxsock\")", "1:1 directive"},
      {"action(type=\"omfile\"\n  file=\"/x\")", "1:1 directive"},
      {"if $msg contains 'x' then /y", "1:1 directive"},
      {"secure_mode 1", "1:1 warning directive"},
      {"mail.info /x\x01", "1:13 control-character"},
      {std::string("mail.info /\0x", 13), "1:12 control-character"},
      {std::string(17000, 'x'), "1:1 line-too-long"},
  };
  for (const auto& each : cases) {
    const auto parsed = parse(each.line + "\n!*\n+*\n:*\nkern.err /rest\n");
    EXPECT_THAT(told(parsed), ElementsAre(each.told)) << each.line;
    ASSERT_FALSE(parsed.rules.actions.empty()) << each.line;
    EXPECT_EQ(parsed.rules.actions.back().path, "/rest") << each.line;
  }
}

TEST(SyslogConf, NobodyIsEverybody) {
  for (const auto* end : {"!", "! ", "!*", "! *", "#!", "#!*"}) {
    const auto parsed = parse(std::string("!su\n") + end + "\n*.* /a\n");
    EXPECT_THAT(told(parsed), IsEmpty()) << end;
    EXPECT_EQ(parsed.rules.rules.at(0).programs, SyslogNames()) << end;
  }
  for (const auto* end : {"+", "-", "+*", "-*", "- *", "#+", "#-", "#+*", "#-*"}) {
    const auto parsed = parse(std::string("-gate\n") + end + "\n*.* /a\n");
    EXPECT_THAT(told(parsed), IsEmpty()) << end;
    EXPECT_EQ(parsed.rules.rules.at(0).hosts, SyslogNames()) << end;
  }
  for (const auto* end : {":", ": ", ":*", ": *", "#:", "#:*"}) {
    const auto parsed = parse(std::string(":msg, contains, \"x\"\n") + end + "\n*.* /a\n");
    EXPECT_THAT(told(parsed), IsEmpty()) << end;
    EXPECT_THAT(parsed.rules.rules.at(0).properties, IsEmpty()) << end;
  }
  const auto kept = parse("!su\n#\n#*\n# !\n#-----\n#!/bin/sh\n*.* /a\n");
  EXPECT_THAT(kept.rules.rules.at(0).programs.names, ElementsAre("su"));
}

// Its line alone: nothing is reset between them, and what held before holds after.
TEST(SyslogConf, ABadFilterWithAnActionIsOneBadLine) {
  const std::vector<std::string> lines{
      ":fromhost-ip, isequal, \"10.0.0.1\" /var/log/y",
      ":fromhost-ip, isempty /y",
      ":msg, equal, \"a\\\"b\" /y",
      ":msg, contains \"x\" /y",
      ":msg, regex, \"[\" /y",
      ":msg, ereregex, \"(a\\\\\" stop",
      ":msg, ereregex, \"(a\"\t/y",
      ":msg, contains, \"x\" y/z",
      ":* /y",
  };
  std::string text = ":programname, isequal, \"sshd\"\n";
  for (const auto& line : lines) text += line + "\nkern.err /rest\n";
  const auto parsed = parse(text);
  const auto& rules = parsed.rules.rules;
  EXPECT_EQ(parsed.diagnostics.size(), lines.size());
  EXPECT_EQ(rules.size(), lines.size());
  std::size_t with_filter = 0;
  for (const auto& rule : rules) {
    if (rule.properties.size() == 1 && rule.properties[0].value == "sshd") ++with_filter;
  }
  EXPECT_EQ(with_filter, lines.size());
  EXPECT_THAT(told(parse(":mgs, contains, \"x\" /y\n& /z\n")),
              ElementsAre("1:2 filter", "2:1 action"));
}

// With nothing or a comment behind it, it is one for the lines after it.
TEST(SyslogConf, ACommentBehindAFilterIsNoAction) {
  const auto good = parse(":msg, contains, \"x\" # all\n*.* /a\n", {}, SyslogDialect::Bsd);
  EXPECT_THAT(told(good), IsEmpty());
  EXPECT_EQ(good.rules.rules.at(0).properties.size(), 1U);
  const auto bad = parse(":mgs, contains, \"x\" # all\n*.* /a\n", {}, SyslogDialect::Bsd);
  EXPECT_THAT(told(bad), ElementsAre("1:2 filter", "2:1 filter"));
  const auto in_linux = parse(":mgs, contains, \"x\" # all\n*.* /a\n");
  EXPECT_THAT(told(in_linux),
              ElementsAre("1:2 filter", "1:21 warning trailing-comment", "2:1 filter"));
}

// Whoever is not understood lets nothing through.
TEST(SyslogConf, ABadFilterTakesItsRulesWithIt) {
  const auto parsed = parse(":msg, equal, \"x\"\n*.* /a\n!a,,\n*.* /b\n:*\n*.* /c\n!*\n*.* /d\n");
  EXPECT_THAT(told(parsed),
              ElementsAre("1:7 filter", "2:1 filter", "3:4 filter", "4:1 filter", "6:1 filter"));
  ASSERT_EQ(parsed.rules.actions.size(), 1U);
  EXPECT_EQ(parsed.rules.actions[0].path, "/d");
}

TEST(SyslogConf, HasABound) {
  std::string text;
  for (std::size_t i = 0; i < kMostSyslogRules + 2; ++i) text += "*.* /x\n";
  const auto parsed = parse(text);
  EXPECT_EQ(parsed.rules.rules.size(), kMostSyslogRules);
  EXPECT_THAT(told(parsed), ElementsAre("100001:1 too-many-rules"));
}

TEST(SyslogConf, WithoutAFileTwoRulesHold) {
  const auto rules = usual_syslog_rules();
  ASSERT_EQ(rules.rules.size(), 2U);
  EXPECT_EQ(rules.rules[0].mask[7], 0x0f);
  EXPECT_EQ(rules.actions[0].path, "/dev/console");
  EXPECT_EQ(rules.rules[1].mask[7], 1);
  EXPECT_THAT(rules.actions[1].users, ElementsAre("*"));
}

}  // namespace
}  // namespace uvinetd::testing
