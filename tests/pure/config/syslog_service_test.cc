// SPDX-License-Identifier: ISC
// A syslog service in each language.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/config/inetd/print_line.h"
#include "core/config/spec_json.h"
#include "core/config/toml/toml_print.h"
#include "core/config/xinetd/xinetd_conf.h"
#include "tests/pure/config/conf.h"
#include "tests/pure/config/toml.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kLine[] = "/dev/log dgram unix wait uvinetd internal syslog";

TEST(SyslogService, IsALineOfInetdConf) {
  const auto parsed = parse(std::string(kLine) + " -f /etc/r --dialect=bsd '--rate=5/s burst 9'\n");
  ASSERT_FALSE(has_warnings_or_errors(parsed.diagnostics));
  ASSERT_EQ(parsed.services.size(), 1U);
  const auto& spec = parsed.services[0];
  EXPECT_TRUE(is_syslog_service(spec));
  EXPECT_EQ(spec.mode, Mode::Wait);
  EXPECT_TRUE(spec.more->listen_fds);
  const auto& settings = *spec.more->syslog;
  EXPECT_EQ(settings.rules, "/etc/r");
  EXPECT_EQ(settings.dialect, SyslogDialect::Bsd);
  EXPECT_EQ(settings.rate, 5U);
  EXPECT_EQ(settings.burst, 9U);
}

TEST(SyslogService, MayBeItsProgram) {
  const auto parsed = parse(
      "/dev/log dgram unix wait root /usr/libexec/uvinetd/uvinetd-syslogd uvinetd-syslogd "
      "--mark=none -f/r\n");
  ASSERT_THAT(texts(parsed.diagnostics), IsEmpty());
  const auto& spec = parsed.services.at(0);
  EXPECT_TRUE(is_syslog_service(spec));
  EXPECT_THAT(spec.argv, ElementsAre("uvinetd-syslogd"));
  EXPECT_EQ(spec.more->syslog->mark.count(), 0);
  EXPECT_EQ(spec.more->syslog->rules, "/r");
}

TEST(SyslogService, SaysWhatIsWrongWithALine) {
  EXPECT_THAT(places(parse("7 stream tcp4 nowait root internal syslog\n").diagnostics),
              ElementsAre("1:36 internal"));
  EXPECT_THAT(places(parse("/l dgram unix nowait root internal syslog\n").diagnostics),
              ElementsAre("1:36 internal-wait"));
  const std::string begin(kLine);
  const auto column = std::to_string(begin.size() + 2);
  EXPECT_THAT(places(parse(begin + " -f\n").diagnostics),
              ElementsAre("1:" + std::to_string(begin.size() + 4) + " value"));
  EXPECT_THAT(places(parse(begin + " -f r\n").diagnostics),
              ElementsAre("1:" + std::to_string(begin.size() + 5) + " value"));
  EXPECT_THAT(places(parse(begin + " --rulez=/x\n").diagnostics),
              ElementsAre("1:" + column + " key"));
  EXPECT_THAT(places(parse(begin + " --time=now\n").diagnostics),
              ElementsAre("1:" + std::to_string(begin.size() + 9) + " value"));
  EXPECT_THAT(places(parse(begin + " x\n").diagnostics), ElementsAre("1:" + column + " key"));
}

constexpr char kTable[] = R"([services.log]
listen = ["unix-dgram:///dev/log", "udp://127.0.0.1:514"]
internal = "syslog"
nice = -5
[services.log.syslog]
rules = "/etc/r"
dialect = "bsd"
mark = "none"
fold_repeats = false
time = "arrival"
host = "message"
relay = true
rotate = "10M:3"
file_mode = 0o600
rate = "1000/s burst 5000"
)";

TEST(SyslogService, IsATable) {
  const auto parsed = parse_toml(kTable);
  ASSERT_THAT(texts(parsed.diagnostics), IsEmpty());
  const auto& spec = parsed.services.at(0);
  EXPECT_EQ(spec.listen.size(), 2U);
  EXPECT_EQ(spec.more->nice, -5);
  EXPECT_TRUE(spec.more->listen_fds);
  SyslogSettings wanted;
  wanted.rules = "/etc/r";
  wanted.dialect = SyslogDialect::Bsd;
  wanted.mark = std::chrono::seconds(0);
  wanted.folds_repeats = false;
  wanted.trusts_time = false;
  wanted.trusts_host = true;
  wanted.relays = true;
  wanted.rotate_size = 10 << 20;
  wanted.rotate_count = 3;
  wanted.file_mode = 0600;
  wanted.rate = 1000;
  wanted.burst = 5000;
  EXPECT_EQ(*spec.more->syslog, wanted);
}

TEST(SyslogService, SaysWhatIsWrongWithATable) {
  const auto wrong = [](const std::string& key) {
    return places(parse_toml("[services.log]\nlisten = \"unix-dgram:///l\"\n"
                             "internal = \"syslog\"\n[services.log.syslog]\n" +
                             key + "\n")
                      .diagnostics);
  };
  EXPECT_THAT(wrong("rulez = \"/x\""), ElementsAre("5:1 key"));
  EXPECT_THAT(wrong("rules = \"x\""), ElementsAre("5:9 value"));
  EXPECT_THAT(wrong("relay = \"yes\""), ElementsAre("5:9 type"));
  EXPECT_THAT(wrong("dialect = \"gnu\""), ElementsAre("5:11 value"));
  EXPECT_THAT(wrong("file_mode = 640"), ElementsAre("5:13 value"));
  EXPECT_THAT(wrong("rate = \"5/min\""), ElementsAre("5:8 value"));
  EXPECT_THAT(wrong("rotate = \"10\""), ElementsAre("5:10 value"));
  EXPECT_THAT(wrong("mark = 60"), IsEmpty());
  EXPECT_THAT(
      places(
          parse_toml("[services.x]\nlisten = \"tcp://:7\"\ninternal = \"syslog\"\n").diagnostics),
      ElementsAre("3:12 internal"));
  EXPECT_THAT(places(parse_toml("[services.x]\nlisten = \"tcp://:7\"\ninternal = \"echo\"\n"
                                "syslog = { relay = true }\n")
                         .diagnostics),
              ElementsAre("4:1 no-effect"));
}

TEST(SyslogService, ComesBackFromEveryLanguage) {
  const auto table = parse_toml(kTable);
  ASSERT_EQ(table.services.size(), 1U);
  std::vector<std::string> problems;
  const auto printed = print_toml(table.services, {}, &problems);
  EXPECT_THAT(problems, IsEmpty());
  const auto again = parse_toml(printed);
  EXPECT_THAT(texts(again.diagnostics), IsEmpty()) << printed;
  EXPECT_EQ(again.services, table.services) << printed;

  const auto line = parse(std::string(kLine) + " --relay=true \"--rate=5/s burst 9\"\n");
  ASSERT_EQ(line.services.size(), 1U);
  const auto as_table = parse_toml(print_toml(line.services, {}, nullptr));
  ASSERT_EQ(as_table.services.size(), 1U);
  EXPECT_EQ(as_table.services[0].more->syslog, line.services[0].more->syslog);
}

TEST(SyslogService, IsWrittenAsLinesOfInetdConf) {
  const auto table = parse_toml(
      "[services.log]\nlisten = \"unix-dgram:///dev/log\"\ninternal = \"syslog\"\n"
      "[services.log.syslog]\nrelay = true\nrules = \"/r\"\n"
      "[services.other]\nlisten = \"udp4://:514\"\nexec = \"/x/uvinetd-syslogd\"\n"
      "stderr = \"socket\"\n");
  ASSERT_THAT(texts(table.diagnostics), IsEmpty());
  const auto lines = [&](std::size_t i) {
    return inetd_lines(table.services.at(i), Dialect::Debian, FixedNames());
  };
  ASSERT_EQ(lines(0).size(), 1U);
  const auto first = parse(lines(0)[0] + '\n');
  EXPECT_FALSE(has_warnings_or_errors(first.diagnostics)) << lines(0)[0];
  ASSERT_EQ(first.services.size(), 1U);
  EXPECT_EQ(first.services[0].more->syslog, table.services[0].more->syslog);
  EXPECT_THAT(lines(1), ElementsAre("0.0.0.0:514\tdgram\tudp\twait\troot\t/x/uvinetd-syslogd "
                                    "uvinetd-syslogd"));
}

TEST(SyslogService, IsAServiceOfXinetd) {
  const auto read = [](const std::string& lines) {
    NoIncludes none;
    return parse_xinetd_conf(
        "service syslog\n{\nsocket_type = dgram\nprotocol = udp\n"
        "port = 514\nwait = yes\ntype = UNLISTED" +
            lines + "\n}\n",
        "f", {}, FixedNames(), none);
  };
  const auto builtin = read(" INTERNAL\nserver_args = -f /r --mark=none");
  ASSERT_THAT(texts(builtin.diagnostics), IsEmpty());
  ASSERT_EQ(builtin.services.size(), 1U);
  EXPECT_TRUE(is_syslog_service(builtin.services[0]));
  EXPECT_EQ(builtin.services[0].more->syslog->rules, "/r");
  const auto program = read("\nuser = root\nserver = /x/uvinetd-syslogd\nserver_args = -f /r");
  ASSERT_THAT(texts(program.diagnostics), IsEmpty());
  EXPECT_THAT(program.services.at(0).argv, ElementsAre("uvinetd-syslogd"));
  EXPECT_EQ(program.services[0].more->syslog->rules, "/r");
  EXPECT_THAT(places(read(" INTERNAL\nserver_args = -x").diagnostics), ElementsAre("8:15 key"));
}

TEST(SyslogService, IsShownWithItsSettings) {
  const auto parsed = parse_toml(kTable);
  const auto json = spec_json(parsed.services.at(0), nullptr, false);
  EXPECT_EQ(json["syslog"]["rules"], "/etc/r");
  EXPECT_EQ(json["syslog"]["dialect"], "bsd");
  EXPECT_EQ(json["syslog"]["rotate_size_bytes"], 10 << 20);
  EXPECT_EQ(json["syslog"]["file_mode"], "0600");
}

}  // namespace
}  // namespace uvinetd::testing
