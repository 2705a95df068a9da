// SPDX-License-Identifier: ISC
// Every key of a service: what it takes, what it refuses, and how it is printed.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/config/toml/keys.h"
#include "core/config/toml/toml_print.h"
#include "tests/pure/config/toml.h"

namespace uvinetd::testing {
namespace {

struct Samples {
  const char* key;
  std::vector<std::string> good;
  std::vector<std::string> bad;
  // The service that a value is tried on.
  const char* service = "listen = \"tcp://:7000\"\nexec = \"/bin/x\"\nuser = \"root\"\n";
};

constexpr const char* kNoListen = "exec = \"/bin/x\"\nuser = \"root\"\n";
constexpr const char* kSensor = "listen = \"tcp://:7000\"\nsensor = true\n";
constexpr const char* kWait =
    "listen = \"tcp://:7000\"\n"
    "mode = \"wait\"\nexec = \"/bin/x\"\nuser = \"root\"\n";
constexpr const char* kNoUser = "listen = \"tcp://:7000\"\nexec = \"/bin/x\"\n";
constexpr const char* kNoExec = "listen = \"tcp://:7\"\nuser = \"root\"\n";
constexpr const char* kRedirected = "listen = \"tcp://:7\"\nredirect = \"10.0.0.1:7\"\n";
constexpr const char* kHealthCheck =
    "listen = \"tcp://:7\"\nexec = \"/bin/x\"\nuser = \"root\"\ninternal = \"health\"\n";
constexpr const char* kLog = "listen = \"unix-dgram:///dev/log\"\ninternal = \"syslog\"\n";
constexpr const char* kUnix = "listen = \"unix:///run/x\"\nexec = \"/bin/x\"\nuser = \"root\"\n";

const std::vector<Samples>& samples() {
  static const std::vector<std::string> kBadFlag{"1", "\"yes\"", "[]"};
  static const std::vector<std::string> kBadText{"\"\"", "1", "true", "\"a\\u0000b\""};
  static const std::vector<std::string> kBadPath{"\"\"", "\"x\"", "1", "[\"/x\"]"};
  static const std::vector<std::string> kBadRules{
      "\"10.0.0.0/8\"",     "[1]",         "[\"a\", \"\"]", "[\"10.0.0.0/33\"]",
      "[\"fe80::1%eth0\"]", "[\"user:\"]", "[\"file:x\"]",  "[\"a b\"]"};
  static const std::vector<std::string> kPaths{"[]", "[\"/\"]", "[\"/a\", \"/b c\"]"};
  static const std::vector<std::string> kBadPaths{"\"/a\"", "[\"a\"]", "[\"\"]", "[1]",
                                                  "[\"/a\", 1]"};
  static const std::vector<std::string> kBadList{"\"a\"", "[1]", "[\"a\", \"\"]", "{ a = 1 }"};
  static const std::vector<std::string> kBadNumber{"-1", "2147483648", "1.5", "\"1\"", "true"};
  static const std::vector<std::string> kDurations{"\"30s\"", "\"30 s\"", "\"5min\"", "\"1h\"",
                                                   "\"2d\"",  "45",       "0",        "\"7\""};
  static const std::vector<std::string> kBadDuration{
      "\"\"", "\"s\"", "\"5 weeks\"", "\"-1s\"", "-1", "1.5", "\"99999999999999999999s\"", "[1]"};
  static const std::vector<std::string> kRates{"\"10/min\"",
                                               "\"5/s\"",
                                               "\"3/10s burst 9\"",
                                               "\"10/min burst 20\"",
                                               "\"1/h\"",
                                               "\"none\"",
                                               "\"7/day\"",
                                               "\"2 / min\"",
                                               "[\"10/min\", \"5/s burst 20\"]",
                                               "\"4/60s\""};
  static const std::vector<std::string> kBadRate{"\"10\"",
                                                 "\"/min\"",
                                                 "\"x/min\"",
                                                 "\"1/fortnight\"",
                                                 "\"1/min burst\"",
                                                 "\"1/min burst 0\"",
                                                 "\"0/min\"",
                                                 "\"1/0s\"",
                                                 "\"1/8day\"",
                                                 "\"-1/min\"",
                                                 "\"2147483648/min\"",
                                                 "\"1/min burst 2147483648\"",
                                                 "\"1/99999999999999999999s\"",
                                                 "\"1/10\"",
                                                 "10",
                                                 "[\"1/min\", \"2/min\"]",
                                                 "[1]",
                                                 "\"1/-5s\""};
  static const std::vector<Samples> kSamples{
      {"enabled", {"true"}, kBadFlag},
      {"listen",
       {"\"tcp://:79\"", "[\"tcp://:79\", \"tcp://[::1]:7979\"]", "\"unix:///run/x\""},
       {"\"\"", "[]", "79", "\"tcp://:0\"", "[\"tcp://:79\", \"udp://:79\"]", "[79]"},
       kNoListen},
      {"v6only", {"true", "false"}, kBadFlag},
      {"tcpmux", {"\"name\"", "\"+name\""}, {"\"\"", "\"+\"", "\"a b\"", "1"}, kNoListen},
      {"rpc",
       {"\"rusersd/1-3\"", "\"100002/2\""},
       {"\"rusersd\"", "\"/1\"", "\"x/\"", "\"x/3-1\"", "\"x/a\"", "1", "\"x/1-\""}},
      {"mode", {"\"wait\"", "\"nowait\""}, {"\"wiat\"", "true", "\"\""}},
      {"exec",
       {"\"/bin/x\"", "[\"/bin/x\"]", "[\"/bin/x\", \"-w\", \"\"]"},
       {"\"x\"", "\"\"", "[]", "[\"/bin/\"]", "[1]", "[\"/bin/x\", 1]", "true", "\"/a\\u0000\""},
       "listen = \"tcp://:7000\"\nuser = \"root\"\n"},
      {"argv0", {"\"y\"", "\"\"", "\"x\""}, {"1", "\"\\u0000\""}},
      {"internal",
       {"\"echo\"", "\"sink\"", "\"metrics\"", "\"status\""},
       {"\"ehco\"", "\"\"", "true"},
       kNoExec},
      {"redirect",
       {"\"10.0.0.5:79\"", "\"[::1]:79\"", "\"host.name:finger\""},
       {"\"10.0.0.5\"", "\":79\"", "\"::1:79\"", "\"a,b:79\"", "\"h:0\"", "\"h:nope\"", "79"},
       kNoExec},
      {"redirect_from", {"\"10.0.0.5\"", "\"::1\""}, kBadText, kRedirected},
      {"redirect_proxy",
       {"\"none\"", "\"v1\"", "\"v2\""},
       {"\"v3\"", "\"\"", "1", "true"},
       kRedirected},
      {"health_format", {"\"http\"", "\"agent\""}, {"\"htpp\"", "\"\"", "1"}, kHealthCheck},
      {"health_cache", kDurations, kBadDuration, kHealthCheck},
      {"health_timeout", kDurations, kBadDuration, kHealthCheck},
      {"user", {"\"nobody\"", "65534"}, {"\"\"", "-1", "4294967296", "true"}, kNoUser},
      {"group", {"\"sys\"", "3"}, {"\"\"", "-1", "true"}},
      {"groups", {"true", "false", "[]", "[\"a\", 7]"}, {"\"a\"", "[true]", "[\"\"]"}},
      {"backlog", {"1", "4096"}, kBadNumber},
      {"nodelay", {"true", "false"}, kBadFlag},
      {"keepalive", {"true", "false"}, kBadFlag},
      {"defer_accept", {"true", "false", "\"httpready\""}, {"\"\"", "1"}},
      {"receive_buffer", {"65536", "\"64k\"", "\"1m\""}, {"0", "-1", "\"x\"", "true"}},
      {"send_buffer", {"65536", "\"64k\"", "\"1m\""}, {"0", "-1", "\"x\"", "true"}},
      {"freebind", {"true", "false"}, kBadFlag},
      {"reuseport", {"true", "false"}, kBadFlag},
      {"bind_to_device", {"\"eth0\""}, kBadText},
      {"mark", {"0", "0xffffffff"}, {"-1", "4294967296", "\"1\""}},
      {"socket_user", {"\"a\""}, kBadText, kUnix},
      {"socket_group", {"\"a\""}, kBadText, kUnix},
      {"socket_mode",
       {"\"0660\"", "0o660", "\"umask\"", "\"0666\""},
       {"660", "\"888\"", "\"\"", "\"1777\"", "0o1777", "true"},
       kUnix},
      {"env",
       {"{ A = \"b\" }", "[\"A=b\", \"C=\"]", "{}", "{ \"odd name\" = \"\" }"},
       {"\"A=b\"", "[\"A\"]", "[\"=b\"]", "{ A = 1 }", "{ \"A=B\" = \"c\" }", "{ \"\" = \"c\" }"}},
      {"pass_env", {"true", "false", "[\"TZ\"]", "[]"}, {"\"TZ\"", "[1]", "[\"A=b\"]"}},
      {"working_directory", {"\"/srv\""}, kBadPath},
      {"umask", {"\"027\"", "0o27"}, {"27", "\"9\"", "0o7777", "true"}},
      {"nice", {"-20", "0", "19"}, {"-21", "20", "\"5\""}},
      {"limits",
       {"{ files = 1024 }", "{ as = \"512m\", cpu = \"30s\" }", "{}",
        "{ core = { soft = 0, hard = \"unlimited\" } }", "{ procs = \"unlimited\" }",
        "{ rss = \"18446744073709551615\" }"},
       {"{ flies = 1 }", "{ files = -1 }", "{ cpu = \"30k\" }", "{ as = { soft = 1 } }",
        "{ as = { soft = 2, hard = 1 } }", "{ as = { sfot = 2, hard = 1 } }", "1024",
        "{ as = \"99999999999999999999g\" }", "{ as = true }"}},
      {"ionice",
       {"\"idle\"", "\"best-effort\"", "\"best-effort:0\"", "\"realtime:7\""},
       {"\"iddle\"", "\"best-effort:8\"", "\"idle:1\"", "\"realtime:\"", "7", "\"\""}},
      {"chroot", {"\"/srv\""}, kBadPath},
      {"private_tmp", {"true", "false"}, kBadFlag},
      {"private_network", {"true", "false"}, kBadFlag},
      {"read_only_paths", kPaths, kBadPaths},
      {"inaccessible_paths", kPaths, kBadPaths},
      {"landlock_read", kPaths, kBadPaths},
      {"landlock_write", kPaths, kBadPaths},
      {"landlock_execute", kPaths, kBadPaths},
      {"system_calls", {"[]", "[\"read\"]"}, kBadList},
      {"system_calls_denied", {"[]", "[\"read\", \"write\"]"}, kBadList},
      {"on_forbidden_call", {"\"fail\"", "\"kill\""}, {"\"klil\"", "true"}},
      {"memory_max",
       {"65536", "\"64m\"", "9223372036854775807"},
       {"0", "65535", "\"1k\"", "-1", "\"x\"", "true", "\"99999999999999999999g\""}},
      {"cpu_max", {"1", "100000"}, {"0", "100001", "\"50\""}},
      {"pids_max", {"1", "4194304"}, {"0", "-1", "4194305", "\"1\""}},
      {"no_new_privs", {"true", "false"}, kBadFlag},
      {"capability_bounding", {"[]", "[\"CAP_CHOWN\"]"}, kBadList},
      {"capability_ambient", {"[]", "[\"CAP_CHOWN\"]"}, kBadList},
      {"cgroup", {"\"inet.slice\""}, kBadText},
      {"stderr",
       {"\"log\"", "\"socket\"", "\"null\"", "\"file:/var/log/x\""},
       {"\"lgo\"", "\"file:x\"", "true", "\"file:/a\\u0000\""}},
      {"listen_fds", {"true"}, kBadFlag, kWait},
      {"syslog",
       {"{}", "{ relay = true, mark = 60, rate = \"1/s\" }", "{ file_mode = 0o600 }"},
       {"\"/x\"", "[]", "{ relay = 1 }", "{ rules = \"x\" }", "{ x = 1 }", "{ mark = [] }"},
       kLog},
      {"proxy_protocol", {"true", "false"}, kBadFlag},
      {"proxy_from", {"[]", "[\"10.0.0.0/8\", \"unix\"]"}, kBadList},
      {"start", {"\"exec\"", "\"zygote\""}, {"\"zigote\"", "true"}},
      {"park", {"\"main\"", "\"io\""}, {"\"mian\"", "true"}},
      {"spares", {"0", "4", "64"}, {"-1", "65", "1.5", "\"1\"", "true"}},
      {"park_uses", {"1", "200", "1000000"}, {"0", "-1", "1000001", "1.5", "\"1\"", "true"}},
      {"park_age", kDurations, kBadDuration},
      {"start_timeout", kDurations, kBadDuration},
      {"max_runtime", kDurations, kBadDuration},
      {"idle_timeout", kDurations, kBadDuration},
      {"instances", {"0", "512"}, kBadNumber},
      {"instances_per_source", {"0", "5"}, kBadNumber},
      {"rate", kRates, kBadRate},
      {"rate_per_source", kRates, kBadRate},
      {"rate_pause", kDurations, kBadDuration},
      {"source_prefix_v6", {"0", "56", "128"}, {"129", "-1", "\"64\""}},
      {"at_limit", {"\"queue\"", "\"refuse\""}, {"\"refues\"", "true"}},
      {"allow",
       {"[]", "[\"10.0.0.0/8\", \"2001:db8::/32\"]", "[\"user:a\", \"group:4\", \"file:/x\"]"},
       kBadRules},
      {"deny", {"[]", "[\"10.0.0.0/8\", \".example.org\", \"interface:eth0\"]"}, kBadRules},
      {"identify", {"true", "false"}, kBadFlag},
      {"access_times",
       {"[\"09:00-17:00\"]", "[\"22:00-06:00\", \"12:00-13:00\", \"8:00-24:00\"]"},
       {"\"09:00-17:00\"", "[1]", "[]", "[\"\"]", "[\"9-17\"]",
        "[\"09:00-17:00\", \"24:00-1:00\"]"}},
      {"max_load", {"1", "2.5", "1e-9"}, {"-1", "0", "0.0", "\"2\"", "inf", "nan"}},
      {"sensor", {"true", "false"}, kBadFlag},
      {"deny_time",
       {"\"30min\"", "\"forever\"", "60"},
       {"\"30s\"", "61", "\"x\"", "true"},
       kSensor},
      {"libwrap", {"\"in.x\""}, kBadText},
      {"banner", {"\"/etc/issue\""}, kBadPath},
      {"banner_success", {"\"/etc/issue\""}, kBadPath},
      {"banner_fail", {"\"/etc/issue\""}, kBadPath},
      {"lingering_close", {"true", "false"}, kBadFlag},
      {"log_type", {"\"SYSLOG daemon info\""}, kBadText},
      {"log_on_success", {"[]", "[\"PID\", \"HOST\", \"PID\"]"}, kBadList},
      {"log_on_failure", {"[\"HOST\"]"}, kBadList},
      {"log_connections", {"true", "false"}, kBadFlag},
  };
  return kSamples;
}

std::string text_of(const Samples& samples, const std::string& value) {
  return std::string("[services.x]\n") + samples.service + samples.key + " = " + value + '\n';
}

TEST(TomlKeys, AreAllTriedHere) {
  std::set<std::string_view> tried;
  for (const auto& each : samples()) EXPECT_TRUE(tried.insert(each.key).second) << each.key;
  for (const auto& key : toml_keys()) EXPECT_TRUE(tried.contains(key.name)) << key.name;
  EXPECT_EQ(tried.size(), toml_keys().size());
}

TEST(TomlKeys, AreFoundByTheirNames) {
  for (std::size_t i = 0; i < toml_keys().size(); ++i) {
    EXPECT_EQ(find_toml_key(toml_keys()[i].name), i);
  }
  EXPECT_FALSE(find_toml_key("lisetn"));
  EXPECT_FALSE(find_toml_key(""));
  EXPECT_FALSE(find_toml_key("zzz"));
}

TEST(TomlKeys, TakeGoodValuesWithoutAWord) {
  for (const auto& each : samples()) {
    for (const auto& value : each.good) {
      const auto parsed = parse_toml(text_of(each, value));
      EXPECT_EQ(parsed.services.size(), 1U) << text_of(each, value);
      EXPECT_EQ(texts(parsed.diagnostics), std::vector<std::string>()) << text_of(each, value);
    }
  }
}

TEST(TomlKeys, ArePrintedAsTheyAreRead) {
  for (const auto& each : samples()) {
    for (const auto& value : each.good) {
      const auto parsed = parse_toml(text_of(each, value));
      std::vector<std::string> problems;
      const auto printed = print_toml(parsed.services, {}, &problems);
      const auto again = parse_toml(printed);
      EXPECT_EQ(again.services, parsed.services) << text_of(each, value) << printed;
      EXPECT_EQ(texts(again.diagnostics), std::vector<std::string>()) << printed;
      EXPECT_TRUE(problems.empty());
    }
  }
}

TEST(TomlKeys, RefuseBadValuesAtTheirLine) {
  for (const auto& each : samples()) {
    const auto lines = text_of(each, "");
    const auto line = std::count(lines.begin(), lines.end(), '\n');
    for (const auto& value : each.bad) {
      const auto parsed = parse_toml(text_of(each, value));
      EXPECT_TRUE(parsed.services.empty()) << text_of(each, value);
      EXPECT_EQ(parsed.services_written, 1U);
      ASSERT_FALSE(parsed.diagnostics.empty()) << text_of(each, value);
      for (const auto& said : parsed.diagnostics) {
        EXPECT_EQ(said.severity, Severity::Error) << said.text();
        EXPECT_EQ(said.at.line, line) << text_of(each, value) << said.text();
        EXPECT_GT(said.at.column, static_cast<int>(std::string_view(each.key).size()));
      }
    }
  }
}

TEST(TomlKeys, HaveNoEffectOnOtherKindsOfServiceAndSaySo) {
  struct Case {
    const char* service;
    const char* setting;
  };
  const Case cases[] = {
      {"listen = \"udp://:7\"\ninternal = \"echo\"\n", "nodelay = true"},
      {"listen = \"udp://:7\"\ninternal = \"echo\"\n", "backlog = 5"},
      {"listen = \"udp://:7\"\ninternal = \"echo\"\n", "instances = 5"},
      {"listen = \"tcp://:7\"\ninternal = \"echo\"\n", "umask = \"077\""},
      {"listen = \"tcp://:7\"\ninternal = \"echo\"\n", "socket_mode = \"0600\""},
      {"listen = \"unix:///run/x\"\nexec = \"/bin/x\"\nuser = \"a\"\n", "mark = 5"},
      {"listen = \"unix:///run/x\"\nexec = \"/bin/x\"\nuser = \"a\"\n", "defer_accept = true"},
      {"tcpmux = \"x\"\nexec = \"/bin/x\"\nuser = \"a\"\n", "receive_buffer = 5"},
      {"listen = \"tcp://:7\"\nexec = \"/bin/x\"\nuser = \"a\"\n", "deny_time = \"5min\""},
      {"listen = \"unix:///run/x\"\nexec = \"/bin/x\"\nuser = \"a\"\n", "sensor = false"},
      {"listen = \"udp://:7\"\ninternal = \"echo\"\n", "at_limit = \"queue\""},
      {"listen = \"tcp://:7\"\nmode = \"wait\"\nexec = \"/bin/x\"\nuser = \"a\"\n",
       "start = \"zygote\""},
      {"listen = \"udp://:7\"\nmode = \"nowait\"\nexec = \"/bin/x\"\nuser = \"a\"\n", "spares = 4"},
      {"listen = \"unix-dgram:///run/x\"\nexec = \"/bin/x\"\nuser = \"a\"\n", "park = \"io\""},
      {"listen = \"tcp://:7\"\ninternal = \"echo\"\n", "park_uses = 5"},
      {"listen = \"tcp://:7\"\nredirect = \"10.0.0.1:7\"\n", "park_age = 5"},
      {"listen = \"tcp://:7\"\ninternal = \"echo\"\n", "redirect_from = \"::1\""},
      {"listen = \"tcp://:7\"\ninternal = \"echo\"\n", "redirect_proxy = \"v1\""},
      {"listen = \"tcp://:7\"\ninternal = \"echo\"\n", "health_cache = 5"},
      {"listen = \"udp://:7\"\ninternal = \"echo\"\n", "proxy_from = [\"10.0.0.1\"]"},
      {"listen = \"tcp://:7\"\nexec = \"/bin/x\"\nuser = \"a\"\ninternal = \"health\"\n",
       "start = \"zygote\""},
  };
  for (const auto& [service, setting] : cases) {
    const auto plain = parse_toml(std::string("[services.x]\n") + service);
    const auto parsed = parse_toml(std::string("[services.x]\n") + service + setting);
    ASSERT_EQ(parsed.diagnostics.size(), 1U) << service << setting;
    EXPECT_EQ(parsed.diagnostics[0].slug, "no-effect");
    EXPECT_EQ(parsed.diagnostics[0].severity, Severity::Warning);
    EXPECT_EQ(parsed.services, plain.services) << service << setting;
    // A default is for those that it is for.
    const auto inherited =
        parse_toml(std::string("[defaults]\n") + setting + "\n[services.x]\n" + service);
    EXPECT_TRUE(inherited.diagnostics.empty()) << service << setting;
    EXPECT_EQ(inherited.services, plain.services) << service << setting;
  }
}

TEST(TomlKeys, ThatKeepSomebodyOutAreErrorsWhereNothingCouldComeOfThem) {
  struct Case {
    const char* service;
    const char* setting;
  };
  const char* const kWaiting =
      "listen = \"tcp://:7\"\nmode = \"wait\"\nexec = \"/bin/x\"\nuser = \"a\"\n";
  const char* const kBuiltin = "listen = \"tcp://:7\"\ninternal = \"echo\"\n";
  const char* const kDatagrams = "listen = \"udp://:7\"\ninternal = \"echo\"\n";
  const Case cases[] = {
      {kWaiting, "rate_per_source = \"5/min\""},
      {kWaiting, "rate_per_source = \"5/min burst 9\""},
      {kWaiting, "instances_per_source = 3"},
      {kWaiting, "at_limit = \"refuse\""},
      {kWaiting, "sensor = true"},
      {kWaiting, "idle_timeout = 5"},
      {kWaiting, "start_timeout = 5"},
      {kUnix, "rate_per_source = \"5/min\""},
      {kUnix, "instances_per_source = 3"},
      {kUnix, "idle_timeout = \"5min\""},
      {kUnix, "start_timeout = \"5s\""},
      {kUnix, "sensor = true"},
      {kBuiltin, "max_runtime = \"1h\""},
      {kBuiltin, "idle_timeout = \"1h\""},
      {kDatagrams, "rate = \"5/s\""},
      {kDatagrams, "at_limit = \"refuse\""},
      {kDatagrams, "sensor = true"},
  };
  for (const auto& [service, setting] : cases) {
    const auto parsed = parse_toml(std::string("[services.x]\n") + service + setting);
    ASSERT_EQ(parsed.diagnostics.size(), 1U) << service << setting;
    EXPECT_EQ(parsed.diagnostics[0].slug, "no-effect") << service << setting;
    EXPECT_EQ(parsed.diagnostics[0].severity, Severity::Error) << service << setting;
    EXPECT_EQ(parsed.diagnostics[0].at.column, 1) << service << setting;
    EXPECT_TRUE(parsed.services.empty()) << service << setting;
    const auto inherited =
        parse_toml(std::string("[defaults]\n") + setting + "\n[services.x]\n" + service);
    if (std::string_view(setting).starts_with("sensor")) continue;
    EXPECT_TRUE(inherited.diagnostics.empty()) << service << setting;
  }
}

}  // namespace
}  // namespace uvinetd::testing
