// SPDX-License-Identifier: ISC
// Each attribute with values that are good and values that are not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "core/config/xinetd/attributes.h"
#include "tests/pure/config/xinetd.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kPlain = "ftp/tcp nowait user=root program=/bin/x [x] groups=none env=all";

struct Row {
  const char* lines;  // the first is line 7
  std::string more;   // what they add to kPlain; "-": the service is left out
  std::vector<std::string> judgements;
};

class Attributes : public ::testing::TestWithParam<Row> {};

TEST_P(Attributes, GiveAServiceOrAReason) {
  const auto& row = GetParam();
  const auto config = parse_xinetd(service(std::string(row.lines) + "\n"));
  SCOPED_TRACE(row.lines);
  EXPECT_THAT(judgements(config.diagnostics), ElementsAreArray(row.judgements))
      << ::testing::PrintToString(texts(config.diagnostics));
  EXPECT_EQ(config.services_written, 1U);
  if (row.more == "-") {
    EXPECT_THAT(config.services, IsEmpty());
    EXPECT_TRUE(has_errors(config.diagnostics));
    return;
  }
  ASSERT_EQ(config.services.size(), 1U);
  EXPECT_EQ(describe_xinetd(config.services[0]), kPlain + row.more);
  EXPECT_FALSE(has_errors(config.diagnostics));
}

std::vector<std::string> error(const char* rest) {
  return {std::string("error ") + rest};
}

INSTANTIATE_TEST_SUITE_P(
    Limits, Attributes,
    ::testing::Values(
        Row{"umask = 077", " umask=63", {}}, Row{"umask = 0", " umask=0", {}},
        Row{"umask = 1000", "-", error("7:9 number")}, Row{"umask = 8", "-", error("7:9 number")},
        Row{"umask = 22x", "-", error("7:9 number")}, Row{"nice = -5", " nice=-5", {}},
        Row{"nice = 0", "", {}}, Row{"nice = 20", "-", error("7:8 number")},
        Row{"nice = low", "-", error("7:8 number")},
        Row{"nice = 5 6", "", {"warning 7:10 value"}},  // harmless: dropped, as by xinetd
        Row{"rlimit_as = 8M", " limit:as=8388608", {}},
        Row{"rlimit_data = 2k", " limit:data=2048", {}},
        Row{"rlimit_rss = 100", " limit:rss=100", {}},
        Row{"rlimit_stack = UNLIMITED", " limit:stack=none", {}},
        Row{"rlimit_cpu = 20", " limit:cpu=20", {}},
        Row{"rlimit_files = 1024", " limit:files=1024", {}},
        Row{"rlimit_cpu = 20K", "-", error("7:14 number")},
        Row{"rlimit_as = M", "-", error("7:13 number")},
        Row{"rlimit_as = 99999999999999999999", "-", error("7:13 number")},
        Row{"rlimit_as = 9999999999999M", "-", error("7:13 number")},
        Row{"rlimit_stack = 1\nrlimit_as = 2", " limit:as=2 limit:stack=1", {}}));

INSTANTIATE_TEST_SUITE_P(
    Process, Attributes,
    ::testing::Values(
        Row{"groups = no", "", {}}, Row{"groups = maybe", "-", error("7:10 value")},
        Row{"groups =", "-", error("7:9 value")}, Row{"env = A=1 B=", " env:A=1 env:B=", {}},
        Row{"env = A", "-", error("7:7 env")}, Row{"env = =1", "-", error("7:7 env")},
        Row{"env += A=1", " env:A=1", {}}, Row{"env -= A=1", "-", error("7:1 operator")},
        Row{"start = exec", " start=exec", {}}, Row{"start = zygote", " start=zygote", {}},
        Row{"start = fork", "-", error("7:9 value")}, Row{"park = io", " park=io", {}},
        Row{"park = here", "-", error("7:8 value")}, Row{"spares = 4", " spares=4", {}},
        Row{"spares = 0", "", {}}, Row{"spares = -1", "-", error("7:10 number")},
        Row{"spares = 64", " spares=64", {}}, Row{"spares = 65", "-", error("7:10 number")},
        Row{"park_uses = 1", " uses=1", {}}, Row{"park_uses = 0", "-", error("7:13 number")},
        Row{"park_uses = 1000000", " uses=1000000", {}},
        Row{"park_uses = 1000001", "-", error("7:13 number")},
        Row{"park_age = 3600", " age=3600", {}}, Row{"park_age = 1h", "-", error("7:12 number")},
        Row{"park_age = 1 h", "", {"warning 7:14 value"}}));

INSTANTIATE_TEST_SUITE_P(
    Admission, Attributes,
    ::testing::Values(
        Row{"per_source = 0", "-", error("7:14 number")},
        Row{"instances = 0", "-", error("7:13 number")},
        Row{"instances = many", "-", error("7:13 number")},
        Row{"instances = 10 20", "-", error("7:16 value")},
        Row{"cps = 50 10", " rate=50/1/50 pause=10", {"note 7:1 xinetd-differs"}},
        Row{"cps = 1 10", " rate=1/1/1 pause=10", {}}, Row{"cps = 0 10", "", {}},
        Row{"cps = 50", "-", error("7:7 value")}, Row{"cps = 50 x", "-", error("7:10 number")},
        Row{"max_load = 2.5", " load=2.500000", {}}, Row{"max_load = 0", "-", error("7:12 number")},
        Row{"max_load = inf", "-", error("7:12 number")},
        Row{"max_load = 1,5", "-", error("7:12 number")},
        Row{"access_times = 08:00-17:00", " times=08:00-17:00", {}},
        Row{"access_times = 2:00-8:59 9:00-24:00",
            " times=2:00-8:59,9:00-24:00",
            {"warning 7:26 xinetd-differs"}},
        Row{"access_times = 22:00-06:00", " times=22:00-06:00", {"warning 7:16 xinetd-differs"}},
        Row{"access_times = 8-17", "-", error("7:16 access-time")},
        Row{"access_times = 08:00-08:00", "-", error("7:16 access-time")},
        Row{"access_times = 08:60-09:00", "-", error("7:16 access-time")},
        Row{"access_times = 08:00-25:00", "-", error("7:16 access-time")},
        Row{"access_times = 008:00-9:00", "-", error("7:16 access-time")},
        Row{"access_times = 08:00-24:01", "-", error("7:16 access-time")},
        Row{"access_times =", "-", error("7:15 value")},
        Row{"deny_time = 5", "", {}},  // keeps nobody out without SENSOR
        Row{"deny_time = FOREVER", "", {}}, Row{"deny_time = never", "", {}},
        Row{"deny_time = soon", "-", error("7:13 number")},
        Row{"libwrap = in.ftpd", " libwrap=in.ftpd", {}},
        Row{"libwrap = in.ftpd\nflags = NOLIBWRAP", "", {}}));

INSTANTIATE_TEST_SUITE_P(
    Clients, Attributes,
    ::testing::Values(Row{"only_from = 10.0.0.0", " allow=10.0.0.0/8", {}},
                      Row{"only_from =", " allow=", {}}, Row{"only_from = 0.0.0.0", "", {}},
                      Row{"only_from = 0.0.0.0/0", "", {}},
                      Row{"only_from = .example.org 10.1.{2,3}",
                          " allow=.example.org,10.1.2.0/24,10.1.3.0/24",
                          {}},
                      Row{"only_from += 10.1.2.3", " allow=10.1.2.3", {}},
                      Row{"only_from -= 10.1.2.3", " allow=", {}},
                      Row{"no_access = 10.1.2.3", " deny=10.1.2.3", {}}, Row{"no_access =", "", {}},
                      Row{"only_from = 10.0.0.0/33", "-", error("7:13 access")},
                      Row{"no_access = 10.1.2", "-", error("7:13 access")},
                      Row{"no_access = x{1}", "-", error("7:13 access")},
                      Row{"no_access = a!b", "-", error("7:13 access")}));

INSTANTIATE_TEST_SUITE_P(
    Log, Attributes,
    ::testing::Values(
        Row{"banner = /etc/b", " banner=/etc/b", {}},
        Row{"banner_success = /etc/b", " banner_success=/etc/b", {}},
        Row{"banner_fail = /etc/b", " banner_fail=/etc/b", {}},
        Row{"banner = /etc/b /etc/c", "", {"warning 7:17 value"}},
        Row{"log_type = SYSLOG daemon", " log=SYSLOG daemon", {}},
        Row{"log_type = syslog LOCAL3 info", " log=SYSLOG LOCAL3 info", {}},
        Row{"log_type = FILE /var/log/x 1M 2M", " log=FILE /var/log/x 1M 2M", {}},
        Row{"log_type = SYSLOG demon", "-", error("7:19 log")},
        Row{"log_type = SYSLOG daemon loud", "-", error("7:26 log")},
        Row{"log_type = SYSLOG daemon info 3", "-", error("7:31 log")},
        Row{"log_type = FILE log", "-", error("7:17 log")},
        Row{"log_type = FILE /log many", "-", error("7:22 number")},
        Row{"log_type = PIPE /x", "-", error("7:12 log")},
        Row{"log_type = SYSLOG", "", {"warning 7:12 value"}},
        Row{"log_on_success = pid HOST PID", " success=HOST success=PID", {}},
        Row{"log_on_success += EXIT", " success=EXIT", {}}, Row{"log_on_success =", "", {}},
        Row{"log_on_success = NAME", "-", error("7:18 log")},
        Row{"log_on_success = TRAFFIC PID", " success=PID", {"warning 7:1 xinetd-differs"}},
        Row{"log_on_failure = HOST USERID", " failure=HOST failure=USERID", {"warning 7:23 ident"}},
        Row{"log_on_failure = RECORD", "", {"warning 7:18 xinetd-differs"}},
        Row{"log_on_failure = EXIT", "-", error("7:18 log")}, Row{"mdns = no", "", {}},
        Row{"mdns = yes", "", {"warning 7:1 mdns"}}, Row{"mdns = x", "-", error("7:8 value")}));

INSTANTIATE_TEST_SUITE_P(
    TypesAndFlags, Attributes,
    ::testing::Values(
        Row{"flags = REUSE NORETRY NOLIBWRAP", "", {}},
        Row{"flags = NODELAY keepalive", " nodelay keepalive", {}},
        Row{"flags = IDONLY", " identify", {}}, Row{"flags = INTERCEPT", "-", error("7:9 flag")},
        Row{"flags = LABELED", "-", error("7:9 flag")},
        Row{"flags = REUSE NODELY", "-", error("7:15 flag")}, Row{"flags =", "", {}},
        Row{"type = SPECIAL", "", {}}, Row{"type = UNLISTD", "-", error("7:8 flag")},
        Row{"type = UNLISTED", "-", error("7:1 missing-field")},
        Row{"type = RPC", "-", error("7:1 missing-field")},
        Row{"redirect = 10.0.0.1 0", "-", error("7:21 port")},
        Row{"redirect = 10.0.0.1", "-", error("7:12 value")},
        Row{"enabled = ftp", "", {"warning 7:1 defaults"}},
        Row{"bind = 10.0.0.1,10.0.0.2", "-", error("7:16 address")},
        Row{"bind = 10.0.0", "-", error("7:8 address")}, Row{"port = 0", "-", error("7:8 port")},
        Row{"port = ftp", "-", error("7:8 port")}, Row{"port = 21", "", {}},
        Row{"disable = no", "", {}}, Row{"disable = perhaps", "-", error("7:11 value")},
        Row{"v6only = 1", "-", error("7:10 value")}));

TEST(XinetdAttributes, GroupAndGroupsAreRead) {
  const auto config = parse_xinetd(service("group = sys\ngroups = YES\n"));
  ASSERT_EQ(config.services.size(), 1U);
  EXPECT_EQ(config.services[0].group, "sys");
  EXPECT_EQ(config.services[0].more->groups_from, GroupsFrom::Database);
  EXPECT_EQ(config.services[0].group_at.line, 7);
  EXPECT_EQ(config.services[0].user_at.line, 5);
  EXPECT_EQ(config.services[0].program_at.line, 6);
}

TEST(XinetdAttributes, PassenvUnsetPassesAllAndSetPassesThose) {
  EXPECT_TRUE(parse_xinetd(service()).services.at(0).more->pass_all_env);
  const auto some = parse_xinetd(service("passenv = TZ LANG\n"));
  EXPECT_FALSE(some.services.at(0).more->pass_all_env);
  EXPECT_THAT(some.services.at(0).more->pass_env, ElementsAre("TZ", "LANG"));
  const auto none = parse_xinetd(service("passenv =\n"));
  EXPECT_FALSE(none.services.at(0).more->pass_all_env);
  EXPECT_THAT(none.services.at(0).more->pass_env, IsEmpty());
  EXPECT_THAT(judgements(parse_xinetd(service("passenv = A=1\n")).diagnostics),
              ElementsAre("error 7:11 env"));
}

TEST(XinetdAttributes, LimitsOfServersAreReadAndRefuse) {
  const auto both = parse_xinetd(service("instances = 5\nper_source = 2\n"));
  ASSERT_EQ(both.services.size(), 1U);
  EXPECT_EQ(both.services[0].instances, 5U);
  EXPECT_EQ(both.services[0].instances_per_source, 2U);
  EXPECT_EQ(both.services[0].more->at_limit, AtLimit::Refuse);
  const auto none = parse_xinetd(service("instances = UNLIMITED\nper_source = unlimited\n"));
  ASSERT_EQ(none.services.size(), 1U);
  EXPECT_EQ(none.services[0].instances, 0U);
  EXPECT_EQ(none.services[0].more->at_limit, AtLimit::Queue);
  EXPECT_THAT(none.diagnostics, IsEmpty());
}

TEST(XinetdAttributes, AValueOfTheEnvironmentIsNeverShown) {
  for (const char* lines : {"env = KEY=hush hush2\n", "env -= KEY=hush\n", "passenv = KEY=hush\n",
                            "env=KEY=hush\nbad line hush\n", "env KEY=hush\n"}) {
    for (const auto& text : texts(parse_xinetd(service(lines)).diagnostics)) {
      EXPECT_EQ(text.find("hush"), std::string::npos) << text;
    }
  }
}

TEST(XinetdAttributes, AnUnknownOneIsPassedOverButARestrictionMisspeltIsNot) {
  const auto odd = parse_xinetd(service("socket_typ = dgram\nnonsense = 1\n"));
  EXPECT_THAT(judgements(odd.diagnostics),
              ElementsAre("warning 7:1 attribute", "warning 8:1 attribute"));
  EXPECT_EQ(odd.diagnostics[0].hint, "did you mean \"socket_type\"?");
  EXPECT_EQ(odd.services.size(), 1U);
  const auto slip = parse_xinetd(service("only_form = 10.0.0.0\n"));
  EXPECT_THAT(judgements(slip.diagnostics), ElementsAre("error 7:1 attribute"));
  EXPECT_EQ(slip.diagnostics[0].hint, "did you mean \"only_from\"?");
  EXPECT_THAT(slip.services, IsEmpty());
}

TEST(XinetdAttributes, NamesAndWordsKnowNoLetterCase) {
  const auto config = parse_xinetd(
      block("SERVICE echo", "Type = internal\nSOCKET_TYPE = STREAM\nWait = NO\nPROTOCOL = TCP\n"));
  EXPECT_THAT(config.diagnostics, IsEmpty());
  EXPECT_THAT(ids(config), ElementsAre("echo/tcp"));
}

TEST(XinetdAttributes, WhatIsRequiredIsMissed) {
  struct Missing {
    std::string lines;
    std::string message;
  };
  const std::string type = "socket_type = stream\n";
  const std::string wait = "wait = no\n";
  const std::string user = "user = root\n";
  const std::string server = "server = /bin/x\n";
  for (const auto& [lines, message] :
       {Missing{wait + user + server, "socket_type"}, Missing{type + user + server, "wait"},
        Missing{type + wait + server, "user"}, Missing{type + wait + user, "server"}}) {
    const auto config = parse_xinetd(block("service ftp", lines));
    EXPECT_THAT(judgements(config.diagnostics), ElementsAre("error 1:1 missing-field")) << message;
    EXPECT_THAT(config.diagnostics.at(0).message, HasSubstr(message));
    EXPECT_THAT(config.services, IsEmpty());
  }
  const auto inferred =
      parse_xinetd(block("service tftp", "protocol = udp\nwait = yes\n" + user + server));
  EXPECT_THAT(ids(inferred), ElementsAre("tftp/udp"));
}

TEST(XinetdAttributes, TheServerIsAnAbsolutePath) {
  const auto with = [](const std::string& server) {
    return judgements(parse_xinetd(block("service ftp",
                                         "socket_type = stream\nwait = no\nuser = root\nserver = " +
                                             server + "\n"))
                          .diagnostics);
  };
  EXPECT_THAT(with("in.ftpd"), ElementsAre("error 6:10 program"));
  EXPECT_THAT(with("/usr/sbin/"), ElementsAre("error 6:10 program"));
  EXPECT_THAT(with(""), ElementsAre("error 6:9 value"));
}

TEST(XinetdAttributes, TheManualNamesEachOfThem) {
  std::ifstream file(UVINETD_SOURCE_DIR "/packaging/man/uvinetd-xinetd.7");
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (const auto& rule : xinetd::all_rules()) {
    const bool has_star = rule.in_defaults != xinetd::InDefaults::No;
    const auto shown = std::string(rule.name) + (has_star ? "* " : " ");
    EXPECT_NE(page.find(shown), std::string::npos) << rule.name;
  }
}

TEST(XinetdAttributes, EveryRuleIsFoundByItsName) {
  for (const auto& rule : xinetd::all_rules()) {
    EXPECT_EQ(xinetd::find_rule(rule.name), &rule) << rule.name;
    const bool is_inheritable = rule.in_defaults != xinetd::InDefaults::No;
    EXPECT_TRUE(!is_inheritable || rule.read != nullptr) << rule.name;
  }
  EXPECT_EQ(xinetd::find_rule("only_fro"), nullptr);
  EXPECT_EQ(xinetd::find_rule(""), nullptr);
}

}  // namespace
}  // namespace uvinetd::testing
