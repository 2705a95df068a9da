// SPDX-License-Identifier: ISC
// What the loader makes of a syslog service.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/config/load/resolve.h"
#include "core/config/load/syslog_load.h"
#include "core/config/toml/toml_print.h"
#include "tests/pure/config/conf.h"
#include "tests/pure/config/fake_name_service.h"
#include "tests/pure/config/temporary_directory.h"
#include "tests/pure/config/toml.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kLine[] = "/dev/log dgram unix wait uvinetd internal syslog";

class SyslogLoad : public ::testing::Test {
 protected:
  SyslogLoad() {
    options_.syslog_program = "/usr/libexec/uvinetd/uvinetd-syslogd";
    options_.run_folder = "/run/uvinetd";
    options_.filters_datagrams = true;  // whatever this system can
    service_.users["uvinetd"] = {"uvinetd", 990, 990, "/", "/bin/sh", {}};
  }
  LoadedConfig load(const std::string& text, const std::string& name = "inetd.conf") {
    return load_config_with({directory_.write(name, text)}, options_, FixedNames(), service_);
  }
  LoadedConfig with_rules(const std::string& rules, const std::string& more = "") {
    return load(std::string(kLine) + " -f " + directory_.write("syslog.conf", rules) + more + "\n");
  }

  TemporaryDirectory directory_;
  FakeNameService service_;
  LoadOptions options_;
};

TEST_F(SyslogLoad, ItIsAProgramOfTheDaemonsAccount) {
  const auto config = with_rules("*.info /var/log/x\n");
  ASSERT_THAT(texts(config.diagnostics), IsEmpty());
  ASSERT_EQ(config.services.size(), 1U);
  const auto& loaded = config.services[0];
  EXPECT_EQ(loaded.spec.program, options_.syslog_program);
  EXPECT_EQ(loaded.spec.internal, "");
  EXPECT_THAT(loaded.spec.argv, ElementsAre("uvinetd-syslogd"));
  EXPECT_TRUE(loaded.spec.more->listen_fds);
  EXPECT_EQ(loaded.spec.mode, Mode::Wait);
  EXPECT_EQ(loaded.spec.listen[0].node->mode, 0666U);
  EXPECT_EQ(loaded.identity.uid, 990U);
  ASSERT_EQ(loaded.syslog->rules.actions.size(), 1U);
  EXPECT_EQ(loaded.syslog->rules.actions[0].path, "/var/log/x");
  EXPECT_FALSE(loaded.syslog->host.empty());
}

TEST_F(SyslogLoad, RootIsTheDaemonsAccountAndAnotherUserIsHimself) {
  const auto id_of = [this](const std::string& user) {
    const auto config = load("/dev/log dgram unix wait " + user + " internal syslog\n");
    return config.services.size() == 1 ? config.services[0].identity : Identity();
  };
  EXPECT_EQ(id_of("root").uid, 990U);
  EXPECT_EQ(id_of("ann").uid, 1001U);
  options_.daemon_user = "a";
  EXPECT_EQ(id_of("root").uid, 1003U);
  options_.daemon_user = "123";
  EXPECT_EQ(id_of("root").uid, 123U);
  EXPECT_EQ(id_of("root").gid, 123U);
  for (const auto* name : {"missing", "root"}) {
    options_.daemon_user = name;
    EXPECT_EQ(id_of("root").uid, kUnnamedId) << name;
    EXPECT_EQ(id_of("root").gid, kUnnamedId) << name;
  }
}

TEST_F(SyslogLoad, TheDaemonsAccountNeedNotExistWhereItIsWritten) {
  const auto run = [this](const std::string& user) {
    return load("/run/l dgram unix wait " + user + " internal syslog -f " +
                directory_.write("syslog.conf", "*.* /x\n") + '\n');
  };
  EXPECT_EQ(run("uvinetd").services.at(0).identity.uid, 990U);
  EXPECT_THAT(texts(run("uvinetd").diagnostics), IsEmpty());
  service_.users.erase("uvinetd");
  options_.daemon_user = "missing";
  for (const auto* user : {"uvinetd", "missing"}) {
    const auto config = run(user);
    ASSERT_EQ(config.services.size(), 1U) << user;
    EXPECT_EQ(config.services[0].identity.uid, kUnnamedId) << user;
    EXPECT_EQ(config.services[0].identity.gid, kUnnamedId) << user;
    EXPECT_THAT(places(config.diagnostics), ElementsAre("1:24 unknown-user")) << user;
    EXPECT_FALSE(has_errors(config.diagnostics)) << user;
  }
  EXPECT_THAT(run("nobodys").services, IsEmpty());
  options_.daemon_user = "ann";
  EXPECT_EQ(run("ann").services.at(0).identity.uid, 1001U);
  EXPECT_EQ(run("uvinetd").services.at(0).identity.uid, kUnnamedId);
}

TEST_F(SyslogLoad, TheDaemonsOwnLogGetsASocketForItsRecords) {
  const auto config = with_rules("*.* /x\n");
  const auto& listen = config.services.at(0).spec.listen;
  ASSERT_EQ(listen.size(), 2U);
  EXPECT_EQ(listen[1].path, "/run/uvinetd/records");
  EXPECT_EQ(listen[1].node->mode, 0600U);
  EXPECT_EQ(*listen[1].name, "records");
  EXPECT_EQ(
      load("/run/other dgram unix wait root internal syslog\n").services.at(0).spec.listen.size(),
      1U);
  options_.log_socket = "/run/other";
  EXPECT_EQ(
      load("/run/other dgram unix wait root internal syslog\n").services.at(0).spec.listen.size(),
      2U);
}

TEST_F(SyslogLoad, WithoutRoomForTheRecordsThereIsAWarning) {
  std::string listen;
  for (int i = 1; i < 64; ++i) listen += ", \"unix-dgram:///run/" + std::to_string(i) + '"';
  const auto config = load("[services.log]\nlisten = [\"unix-dgram:///dev/log\"" + listen +
                               "]\ninternal = \"syslog\"\nsyslog.rules = \"" +
                               directory_.write("syslog.conf", "*.* /x\n") + "\"\n",
                           "c.toml");
  ASSERT_EQ(config.services.size(), 1U);
  EXPECT_EQ(config.services[0].spec.listen.size(), 64U);
  ASSERT_EQ(config.diagnostics.size(), 1U);
  EXPECT_EQ(config.diagnostics[0].slug, "syslog-records");
  EXPECT_EQ(config.diagnostics[0].severity, Severity::Warning);
}

TEST_F(SyslogLoad, AWrittenModeHolds) {
  const auto mode = [this](const std::string& key, const std::string& defaults = "") {
    const auto config = load(defaults + "[services.log]\nlisten = \"unix-dgram:///run/l\"\n" + key +
                                 "internal = \"syslog\"\n",
                             "c.toml");
    return config.services.at(0).spec.listen.at(0).node->mode;
  };
  EXPECT_EQ(mode(""), 0666U);
  EXPECT_EQ(mode("socket_mode = 0o600\n"), 0600U);
  EXPECT_EQ(mode("socket_mode = \"umask\"\n"), std::nullopt);
  EXPECT_EQ(mode("", "[defaults]\nsocket_mode = \"umask\"\n"), std::nullopt);
  const auto as_table = [](const ParsedConfig& parsed) {
    return print_toml(parsed.services, {}, nullptr);
  };
  EXPECT_THAT(as_table(parse(std::string(kLine) + '\n')), Not(HasSubstr("socket_mode")));
  EXPECT_THAT(as_table(parse_toml("[services.log]\nlisten = \"unix-dgram:///run/l\"\n"
                                  "socket_mode = \"umask\"\ninternal = \"syslog\"\n")),
              HasSubstr("socket_mode = \"umask\""));
}

TEST_F(SyslogLoad, AChangeOfTheRulesIsAChangeOfTheService) {
  const auto before = with_rules("*.* /x\n");
  const auto same = with_rules("*.*   /x\n");
  const auto after = with_rules("*.* /y\n");
  EXPECT_EQ(before.services, same.services);
  EXPECT_NE(before.services, after.services);
  EXPECT_EQ(before.services.at(0).spec, after.services.at(0).spec);
}

TEST_F(SyslogLoad, ErrorsOfTheRulesAreToldAndTheRestHolds) {
  const auto config = with_rules("mial.* /x\nmail.* /y\n");
  ASSERT_EQ(config.diagnostics.size(), 1U);
  EXPECT_THAT(config.diagnostics[0].text(), HasSubstr("/syslog.conf:1:1: error"));
  EXPECT_EQ(config.services.at(0).syslog->rules.actions.size(), 1U);
}

TEST_F(SyslogLoad, EveryErrorOfTheRulesHasItsPlaceInTheirFile) {
  const auto config = with_rules(
      "mial.* /x\nmail.inof /x\nmail /x\nmail.info,kern.err /a\nmail.* x/y\nmail.* @@h\n"
      "mail.* |\"cat\"\nmail.* @h:0\nmail.* /x;rotate=1\n!a,,b\n*.* /n\n!*\n"
      ":msg, regex, \"[\"\n:*\n$ModLoad x\ninclude /nowhere/x\n*.*;\\\n  mial.err /z\n"
      "mail.info /var/log/mail\n");
  EXPECT_THAT(places(config.diagnostics),
              ElementsAre("1:1 facility", "2:6 level", "3:1 selector", "4:10 selector-comma",
                          "5:8 action", "6:8 action-tcp", "7:8 action-program", "8:11 port",
                          "9:11 action-option", "10:4 filter", "11:1 filter", "13:14 regex",
                          "15:1 directive", "16:9 file", "18:3 facility"));
  for (const auto& each : config.diagnostics) {
    EXPECT_THAT(each.text(), HasSubstr("/syslog.conf:"));
  }
  EXPECT_EQ(config.services.at(0).syslog->rules.actions.back().path, "/var/log/mail");
}

TEST_F(SyslogLoad, WithoutTheFileTheUsualRulesHold) {
  const auto config = load(std::string(kLine) + " -f /nowhere/syslog.conf\n");
  EXPECT_THAT(places(config.diagnostics),
              ElementsAre("1:" + std::to_string(sizeof kLine + 1) + " file"));
  EXPECT_TRUE(has_errors(config.diagnostics));
  ASSERT_EQ(config.services.size(), 1U);
  EXPECT_EQ(config.services[0].syslog->rules.rules.size(), 2U);
}

TEST_F(SyslogLoad, TheUsualFileMayBeMissingUntilItWasThere) {
  LoadedConfig config;
  for (const auto* id : {"first", "second"}) {
    auto& spec = config.services.emplace_back().spec;
    spec.id = id;
    spec.internal = "syslog";
    spec.more.edit().syslog.edit().rules = "/nowhere/syslog.conf";
  }
  const auto severities = [&] {
    auto read = config;
    std::vector<std::string> files;
    load_syslog_rules(options_, read, files);
    EXPECT_THAT(read.logs_with_rules, IsEmpty());
    std::vector<Severity> out;
    for (const auto& each : read.diagnostics) out.push_back(each.severity);
    return out;
  };
  EXPECT_THAT(severities(), ElementsAre(Severity::Warning, Severity::Warning));
  EXPECT_THAT(with_rules("*.* /x\n").logs_with_rules, ElementsAre("/dev/log"));
  options_.logs_with_rules = {"second"};
  EXPECT_THAT(severities(), ElementsAre(Severity::Warning, Severity::Error));
}

TEST_F(SyslogLoad, UdpIsToldToBeOpen) {
  const auto slugs = [this](const std::string& listen, const std::string& more = "") {
    const auto config = load("[services.log]\nlisten = [" + listen + "]\ninternal = \"syslog\"\n" +
                                 more + "\n[services.log.syslog]\nrules = \"" +
                                 directory_.write("syslog.conf", "*.* /x\n") + "\"\n",
                             "c.toml");
    std::vector<std::string> out;
    for (const auto& each : config.diagnostics) out.push_back(each.slug);
    return out;
  };
  EXPECT_THAT(slugs("\"udp://:514\""), ElementsAre("syslog-open"));
  EXPECT_THAT(slugs("\"udp://127.0.0.1:514\", \"unix-dgram:///dev/log\""), IsEmpty());
  EXPECT_THAT(slugs("\"unix-dgram:///l\", \"udp://:514\"", "allow = [\"10.0.0.0/8\"]"), IsEmpty());
  EXPECT_THAT(slugs("\"udp://:514\"", "allow = [\".example.org\"]"),
              ElementsAre("not-enforceable-here"));
}

TEST_F(SyslogLoad, MustBeInstalled) {
  options_.syslog_program.clear();
  const auto config = load(std::string(kLine) + "\n");
  EXPECT_THAT(config.services, IsEmpty());
  EXPECT_THAT(places(config.diagnostics), ElementsAre("1:1 internal"));
}

}  // namespace
}  // namespace uvinetd::testing
