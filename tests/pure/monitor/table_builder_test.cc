// SPDX-License-Identifier: ISC
#include "core/monitor/table_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "spawn/zygote_choice.h"
#include "tests/pure/monitor/sockets_of_tests.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

Identity identity(std::uint32_t uid, const std::string& name) {
  Identity out;
  out.uid = uid;
  out.gid = uid + 1;
  out.groups = {uid + 1, uid + 2};
  out.user_name = name;
  out.home = "/home/" + name;
  out.shell = "/bin/ksh";
  return out;
}

class TableBuilderTest : public testing::Test {
 protected:
  [[nodiscard]] LoadedService program(const std::string& id, const Identity& who) const {
    LoadedService out;
    out.spec.id = id;
    out.spec.listen = {unix_spec(SocketKind::UnixDgram, directory.file(id))};
    out.spec.mode = Mode::Wait;
    out.spec.program = "/usr/sbin/" + id;
    out.spec.argv = {id, "-l"};
    out.identity = who;
    return out;
  }
  struct Built {
    std::vector<TableIdentity> identities;
    std::vector<TableService> services;  // in the order of the configuration
  };
  Built build(const std::vector<LoadedService>& services) {
    sockets.want(services);
    return read(builder.build(1, services, sockets), services);
  }
  static Built read(const TableBuilder::Built& built, const std::vector<LoadedService>& services) {
    const auto table = *Table::view(built.bytes);
    Built out{built.identities, {}};
    for (const auto& service : services) {
      for (std::size_t i = 0; i < table.service_count(); ++i) {
        if (table.service_at(i).id == service.spec.id) out.services.push_back(table.service_at(i));
      }
    }
    return out;
  }
  TemporaryDirectory directory;
  Log log;
  Sockets sockets{log, 64};
  CommandLine options;
  TableBuilder builder{options, {}};
};

TEST_F(TableBuilderTest, AServiceIsCopiedIntoItsEntry) {
  const auto built = build({program("a", identity(5, "joe"))});
  ASSERT_THAT(built.services, SizeIs(1));
  const auto& entry = built.services[0];
  EXPECT_EQ(entry.id, "a");
  EXPECT_EQ(entry.socket_type, SOCK_DGRAM);
  EXPECT_TRUE(entry.is_wait);
  EXPECT_EQ(entry.program, "/usr/sbin/a");
  EXPECT_THAT(entry.argv, ElementsAre("a", "-l"));
  EXPECT_EQ(entry.working_directory, "/");
  ASSERT_THAT(entry.listeners, SizeIs(1));
  EXPECT_EQ(entry.listeners[0].address.text(), directory.file("a"));
}

TEST_F(TableBuilderTest, AServersEnvironmentIsItsUsers) {
  const auto built = build({program("a", identity(5, "joe"))});
  ASSERT_THAT(built.identities, SizeIs(1));
  const auto& who = built.identities[0];
  EXPECT_EQ(who.uid, 5U);
  EXPECT_EQ(who.gid, 6U);
  EXPECT_THAT(who.groups, ElementsAre(6, 7));
  EXPECT_THAT(who.environment,
              ElementsAre("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                          "HOME=/home/joe", "USER=joe", "LOGNAME=joe", "SHELL=/bin/ksh"));
}

TEST_F(TableBuilderTest, AUserWithoutHomeOrShellGetsTheUsualOnes) {
  auto who = identity(5, "joe");
  who.home.clear();
  who.shell.clear();
  const auto built = build({program("a", who)});
  EXPECT_THAT(built.identities.at(0).environment, Contains("HOME=/"));
  EXPECT_THAT(built.identities.at(0).environment, Contains("SHELL=/bin/sh"));
}

TEST_F(TableBuilderTest, ThePassedEnvironmentGivesWayToTheUsersOwn) {
  options.pass_environment = true;
  TableBuilder passing(options, {"HOME=/root", "TERM=vt100", "USERS=many"});
  const std::vector<LoadedService> services = {program("a", identity(5, "joe"))};
  sockets.want(services);
  const auto built = passing.build(1, services, sockets);
  const auto& environment = built.identities.at(0).environment;
  EXPECT_THAT(environment, Contains("HOME=/home/joe"));
  EXPECT_THAT(environment, Contains("TERM=vt100"));
  EXPECT_THAT(environment, Contains("USERS=many"));
  EXPECT_THAT(environment, Not(Contains("HOME=/root")));
}

TEST_F(TableBuilderTest, AServiceMayAskForTheDaemonsEnvironment) {
  TableBuilder passing(options, {"HOME=/root", "TERM=vt100", "TZ=UTC"});
  std::vector<LoadedService> services = {program("all", identity(5, "joe")),
                                         program("one", identity(5, "joe")),
                                         program("none", identity(5, "joe"))};
  services[0].spec.more.edit().pass_all_env = true;
  services[1].spec.more.edit().pass_env = {"TZ", "TE", "LANG"};
  services[1].spec.more.edit().env = {"A=1", "TZ=Asia/Tokyo"};
  sockets.want(services);
  const auto built = read(passing.build(1, services, sockets), services);
  EXPECT_THAT(built.identities.at(0).environment, Not(Contains("TERM=vt100")));
  EXPECT_THAT(built.identities.at(0).passed_environment,
              ElementsAre("TERM=vt100", "TZ=UTC", "HOME=/home/joe", "USER=joe", "LOGNAME=joe",
                          "SHELL=/bin/ksh"));
  EXPECT_TRUE(built.services[0].passes_environment);
  EXPECT_FALSE(built.services[1].passes_environment);
  EXPECT_THAT(built.services[1].environment, ElementsAre("TZ=UTC", "A=1", "TZ=Asia/Tokyo"));
  EXPECT_THAT(built.services[2].environment, IsEmpty());
}

TEST_F(TableBuilderTest, UmaskAndDirectoryAreThoseOfTheServiceOrTheUsualOnes) {
  auto own = program("own", identity(5, "joe"));
  own.spec.more.edit().umask = 077;
  own.spec.more.edit().working_directory = "/srv";
  const auto built = build({own, program("usual", identity(5, "joe"))});
  EXPECT_EQ(built.services[0].umask, 077U);
  EXPECT_EQ(built.services[0].working_directory, "/srv");
  EXPECT_EQ(built.services[1].umask, 022U);
  EXPECT_EQ(built.services[1].working_directory, "/");
}

TEST_F(TableBuilderTest, ServicesOfOneUserShareAnIdentity) {
  const auto joe = identity(5, "joe");
  const auto built =
      build({program("a", joe), program("b", identity(9, "ann")), program("c", joe)});
  EXPECT_THAT(built.identities, SizeIs(2));
  EXPECT_EQ(built.services[0].identity, built.services[2].identity);
  EXPECT_NE(built.services[0].identity, built.services[1].identity);
  EXPECT_NE(built.services[0].identity, 0U);
}

TEST_F(TableBuilderTest, OtherGroupsAreAnotherIdentity) {
  auto fewer = identity(5, "joe");
  fewer.groups = {6};
  const auto built = build({program("a", identity(5, "joe")), program("b", fewer)});
  EXPECT_THAT(built.identities, SizeIs(2));
}

TEST_F(TableBuilderTest, KeysLastOverReloads) {
  const auto before = build({program("a", identity(5, "joe")), program("b", identity(9, "ann"))});
  (void)build({program("c", identity(7, "eve"))});
  const auto after = build({program("b", identity(9, "ann")), program("c", identity(7, "eve")),
                            program("a", identity(5, "joe"))});
  EXPECT_EQ(after.services[0].key, before.services[1].key);
  EXPECT_EQ(after.services[2].key, before.services[0].key);
  EXPECT_EQ(after.services[0].identity, before.services[1].identity);
  EXPECT_EQ(after.services[2].identity, before.services[0].identity);
  std::set<std::uint32_t> keys;
  for (const auto& entry : after.services) keys.insert(entry.key);
  EXPECT_THAT(keys, SizeIs(3));
}

TEST_F(TableBuilderTest, AnIdentityThatNobodyUsesIsLeftOut) {
  (void)build({program("a", identity(5, "joe"))});
  const auto built = build({program("b", identity(9, "ann"))});
  ASSERT_THAT(built.identities, SizeIs(1));
  EXPECT_EQ(built.identities[0].uid, 9U);
}

TEST_F(TableBuilderTest, ABuiltInNeedsNoIdentity) {
  auto echo = program("echo", Identity());
  echo.spec.internal = "echo";
  echo.spec.program.clear();
  const auto built = build({echo});
  EXPECT_THAT(built.identities, IsEmpty());
  EXPECT_EQ(*built.services[0].internal, "echo");
}

TEST_F(TableBuilderTest, ARedirectIsAnsweredByTheReactorWithItsTargets) {
  auto redirect = program("web", Identity());
  redirect.spec.program.clear();
  auto& more = redirect.spec.more.edit();
  more.redirect = Redirect{"h.example", 80, {"10.0.0.1", "::1"}};
  more.redirect_from = "10.0.0.2";
  more.redirect_proxy = ProxyForm::V1;
  more.idle_timeout = std::chrono::seconds(1LL << 40);
  const auto built = build({redirect});
  EXPECT_THAT(built.identities, IsEmpty());
  const auto& entry = built.services.at(0);
  EXPECT_EQ(*entry.internal, kRedirect);
  EXPECT_THAT(entry.more->relay.targets, ElementsAre(*SocketAddress::parse_ip("10.0.0.1", 80),
                                                     *SocketAddress::parse_ip("::1", 80)));
  EXPECT_EQ(entry.more->relay.source, SocketAddress::parse_ip("10.0.0.2", 0));
  EXPECT_EQ(entry.more->relay.announces, ProxyForm::V1);
  EXPECT_EQ(entry.more->relay.idle_seconds, UINT32_MAX);
}

TEST_F(TableBuilderTest, AHealthCheckIsAnsweredByTheReactorAndHasAProgram) {
  auto health = program("well", identity(5, "joe"));
  health.spec.internal = kHealth;
  auto& more = health.spec.more.edit();
  more.health_format = HealthForm::Agent;
  more.health_cache = std::chrono::seconds(3);
  more.health_timeout = std::chrono::seconds(4);
  const auto built = build({health});
  ASSERT_THAT(built.identities, SizeIs(1));
  const auto& entry = built.services.at(0);
  EXPECT_TRUE(entry.is_internal());
  EXPECT_EQ(entry.identity, built.identities[0].key);
  EXPECT_EQ(entry.program, "/usr/sbin/well");
  const HealthSettings expected{HealthForm::Agent, 3, 4};
  EXPECT_EQ(entry.more->relay.health, expected);
}

TEST_F(TableBuilderTest, ProxiesAreNetworksOfOneKind) {
  auto proxied = program("web", identity(5, "joe"));
  proxied.spec.more.edit().proxy_protocol = true;
  proxied.spec.more.edit().proxy_from = {"10.0.0.0/8", "unix", "2001:db8::/32"};
  const auto relay = build({proxied}).services.at(0).more->relay;
  EXPECT_TRUE(relay.expects_header);
  EXPECT_TRUE(relay.trusts_unix);
  const Source ten{0, 0xffff'0a00'0000U, 104};
  const Source six{0x2001'0db8'0000'0000U, 0, 32};
  EXPECT_THAT(relay.proxies, ElementsAre(ten, six));
  proxied.spec.more.edit().proxy_protocol = false;
  EXPECT_TRUE(build({proxied}).services.at(0).more.is_default());
}

TEST_F(TableBuilderTest, AServiceBehindTheMultiplexerHasAStreamAndNoListener) {
  auto muxed = program("tcpmux/a", identity(5, "joe"));
  muxed.spec.listen.clear();
  muxed.spec.more.edit().tcpmux = "a";
  muxed.spec.more.edit().tcpmux_greets = true;
  const auto built = build({muxed});
  EXPECT_EQ(*built.services[0].mux_name, "a");
  EXPECT_TRUE(built.services[0].mux_greets);
  EXPECT_EQ(built.services[0].socket_type, SOCK_STREAM);
  EXPECT_NE(built.services[0].identity, 0U);
  EXPECT_THAT(built.services[0].listeners, IsEmpty());
}

TEST_F(TableBuilderTest, LimitsAreTheServicesOwnOrTheCommandLines) {
  options.instances = 7;
  options.starts_per_minute = 8;
  options.source_starts_per_minute = 9;
  options.instances_per_source = 10;
  auto own = program("own", identity(5, "joe"));
  own.spec.instances = 1;
  own.spec.starts_per_minute = 2;
  own.spec.source_starts_per_minute = 3;
  own.spec.instances_per_source = 0;  // written: none
  const auto built = build({program("plain", identity(5, "joe")), own});
  EXPECT_EQ(built.services[0].instances, 7U);
  EXPECT_EQ(built.services[0].starts_per_minute, 8U);
  EXPECT_EQ(built.services[0].source_starts_per_minute, 9U);
  EXPECT_EQ(built.services[0].instances_per_source, 10U);
  EXPECT_EQ(built.services[1].instances, 1U);
  EXPECT_EQ(built.services[1].starts_per_minute, 2U);
  EXPECT_EQ(built.services[1].source_starts_per_minute, 3U);
  EXPECT_EQ(built.services[1].instances_per_source, 0U);
}

TEST_F(TableBuilderTest, RatesAndTimesAreInWholeNumbersWithinTheirBounds) {
  auto service = program("a", identity(1000, "ann"));
  auto& more = service.spec.more.edit();
  more.rate = Rate{10, std::chrono::minutes(1), 20};
  more.rate_per_source = Rate{4'000'000'000, std::chrono::hours(1'000'000), 0};
  more.rate_pause = std::chrono::seconds(10);
  more.source_prefix_v6 = 56;
  more.at_limit = AtLimit::Refuse;
  more.start_timeout = std::chrono::seconds(5);
  more.idle_timeout = std::chrono::seconds(0);
  more.max_runtime = std::chrono::seconds(1'000'000'000'000);
  LimitSettings expected;
  expected.rate = {10, 20, 60'000};
  expected.rate_per_source = {kMostInRate, 1, kLongestPeriod};
  expected.rate_pause_seconds = 10;
  expected.prefix_v6 = 56;
  expected.refuses_at_limit = true;
  expected.start_seconds = 5;
  expected.run_seconds = kForEver - 1;
  EXPECT_EQ(build({service}).services.at(0).more->limits, expected);
  EXPECT_TRUE(build({program("b", identity(1000, "ann"))}).services.at(0).more.is_default());
}

TEST_F(TableBuilderTest, ASensorHasAStandInAndItsTime) {
  const auto sensor = [&](std::optional<std::chrono::minutes> time) {
    auto service = program("a", identity(1000, "ann"));
    service.spec.more.edit().is_sensor = true;
    service.spec.more.edit().deny_time = time;
    const auto built = build({service});
    EXPECT_TRUE(built.identities.empty());
    EXPECT_EQ(*built.services.at(0).internal, "discard");
    EXPECT_TRUE(built.services.at(0).more->limits.is_sensor);
    return built.services.at(0).more->limits.ban_seconds;
  };
  EXPECT_EQ(sensor({}), 0U);
  EXPECT_EQ(sensor(std::chrono::minutes(0)), 0U);
  EXPECT_EQ(sensor(std::chrono::minutes(5)), 300U);
  EXPECT_EQ(sensor(std::chrono::minutes(100U * 366 * 24 * 60)), 3'162'240'000U);
  EXPECT_EQ(sensor(std::chrono::minutes(200'000'000)), kForEver - 15);
  EXPECT_EQ(sensor(std::chrono::minutes::max()), kForEver);
}

TEST_F(TableBuilderTest, ASocketThatIsNotBoundYetIsNotListed) {
  auto absent = program("a", identity(5, "joe"));
  absent.spec.listen = {unix_spec(SocketKind::UnixStream, "/nonexistent/socket")};
  const auto built = build({absent});
  ASSERT_THAT(built.services, SizeIs(1));
  EXPECT_THAT(built.services[0].listeners, IsEmpty());
}

TEST_F(TableBuilderTest, TheTableTravels) {
  const std::vector<LoadedService> services{program("a", identity(5, "joe")),
                                            program("b", identity(9, "ann"))};
  sockets.want(services);
  const auto built = builder.build(4, services, sockets);
  const auto table = Table::view(built.bytes);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->generation(), 4U);
  const auto entry = table->service(read(built, services).services[1].key);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->id, "b");
  EXPECT_EQ(table->identity(entry->identity)->name, "ann");
}

class WarmTableTest : public TableBuilderTest {
 protected:
  void SetUp() override {
    if (!kHasZygote) GTEST_SKIP() << "nothing is started warm here";
  }
  [[nodiscard]] LoadedService server(const std::string& id, StartBy start) const {
    auto out = program(id, identity(5, "joe"));
    out.spec.listen = {unix_spec(SocketKind::UnixStream, directory.file(id))};
    out.spec.mode = Mode::Nowait;
    if (start != StartBy::Unset) out.spec.more.edit().start = start;
    return out;
  }
  WarmStart warm(const LoadedService& service) { return *build({service}).services.at(0).warm; }
};

TEST_F(WarmTableTest, AServiceThatAsksForItIsStartedWarm) {
  auto service = server("a", StartBy::Zygote);
  EXPECT_EQ(warm(service), (WarmStart{true, false, 0, 0, 0}));
  auto& more = service.spec.more.edit();
  more.park = ParkAt::Io;
  more.spares = 4;
  more.park_uses = 7;
  more.park_age = std::chrono::hours(1);
  EXPECT_EQ(warm(service), (WarmStart{true, true, 4, 7, 3600}));
  more.park_age = std::chrono::seconds::max();
  EXPECT_EQ(warm(service).age_seconds, 0xffffffff);
}

TEST_F(WarmTableTest, TheCommandLineDecidesForThoseThatSayNothingAndParksAtMain) {
  EXPECT_FALSE(warm(server("a", StartBy::Unset)).is_wanted);
  EXPECT_FALSE(warm(server("a", StartBy::Exec)).is_wanted);
  options.start = StartBy::Zygote;
  EXPECT_FALSE(warm(server("a", StartBy::Exec)).is_wanted);
  auto service = server("a", StartBy::Unset);
  service.spec.more.edit().park = ParkAt::Io;
  service.spec.more.edit().spares = 2;
  EXPECT_EQ(warm(service), (WarmStart{true, false, 2, 0, 0}));
}

TEST_F(WarmTableTest, WhatCannotBeStartedWarmNeverIs) {
  options.start = StartBy::Zygote;
  for (const auto start : {StartBy::Unset, StartBy::Zygote}) {
    auto wait = server("a", start);
    wait.spec.mode = Mode::Wait;
    EXPECT_FALSE(warm(wait).is_wanted);
    auto datagram = server("b", start);
    datagram.spec.listen = {unix_spec(SocketKind::UnixDgram, directory.file("b"))};
    EXPECT_FALSE(warm(datagram).is_wanted);
    auto builtin = server("c", start);
    builtin.spec.program = "";
    builtin.spec.internal = "echo";
    EXPECT_FALSE(warm(builtin).is_wanted);
    auto packets = server("d", start);
    packets.spec.listen = {unix_spec(SocketKind::UnixSeqpacket, directory.file("d"))};
    EXPECT_TRUE(warm(packets).is_wanted);
    auto mux = server("e", start);
    mux.spec.listen.clear();
    mux.spec.more.edit().tcpmux = "e";
    EXPECT_TRUE(warm(mux).is_wanted);
  }
}

TEST_F(WarmTableTest, OneServiceTellsNothingOfTheNext) {
  const auto built = build({server("a", StartBy::Zygote), server("b", StartBy::Exec)});
  EXPECT_TRUE(built.services.at(0).warm->is_wanted);
  EXPECT_FALSE(built.services.at(1).warm->is_wanted);
}

}  // namespace
}  // namespace uvinetd
