// SPDX-License-Identifier: ISC
#include "spawn/launch_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <vector>

namespace uvinetd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> variables_of(ConnectionEnvironment& connection) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < connection.count(); ++i) out.emplace_back(connection.at(i));
  return out;
}

std::vector<std::string> listed(char* const* list) {
  std::vector<std::string> out;
  for (; *list != nullptr; ++list) out.emplace_back(*list);
  return out;
}

SocketAddress ip(const char* host, std::uint16_t port) {
  return *SocketAddress::parse_ip(host, port);
}

TEST(ConnectionEnvironment, TellsBothEndsOfATcpConnection) {
  ConnectionEnvironment connection;
  connection.set(SOCK_STREAM, ip("192.0.2.1", 79), ip("198.51.100.7", 40'000));
  EXPECT_THAT(
      variables_of(connection),
      ElementsAre("PROTO=TCP", "TCPLOCALIP=192.0.2.1", "TCPLOCALPORT=79",
                  "TCPREMOTEIP=198.51.100.7", "TCPREMOTEPORT=40000", "REMOTE_HOST=198.51.100.7",
                  "REMOTE_ADDR=198.51.100.7", "REMOTE_PORT=40000"));
}

TEST(ConnectionEnvironment, WritesV6AddressesWithoutBrackets) {
  ConnectionEnvironment connection;
  connection.set(SOCK_STREAM, ip("::1", 79), ip("2001:db8::7", 40'000));
  EXPECT_THAT(
      variables_of(connection),
      ElementsAre("PROTO=TCP", "TCPLOCALIP=::1", "TCPLOCALPORT=79", "TCPREMOTEIP=2001:db8::7",
                  "TCPREMOTEPORT=40000", "REMOTE_HOST=2001:db8::7", "REMOTE_ADDR=2001:db8::7",
                  "REMOTE_PORT=40000"));
}

TEST(ConnectionEnvironment, AMappedAddressIsWrittenAsV4) {
  ConnectionEnvironment connection;
  connection.set(SOCK_STREAM, ip("::ffff:192.0.2.1", 79), ip("::ffff:198.51.100.7", 1));
  const auto variables = variables_of(connection);
  EXPECT_THAT(variables, testing::Contains("TCPLOCALIP=192.0.2.1"));
  EXPECT_THAT(variables, testing::Contains("REMOTE_ADDR=198.51.100.7"));
}

TEST(ConnectionEnvironment, ADatagramSocketHasNoPeer) {
  ConnectionEnvironment connection;
  connection.set(SOCK_DGRAM, ip("0.0.0.0", 69), std::nullopt);
  EXPECT_THAT(variables_of(connection),
              ElementsAre("PROTO=UDP", "UDPLOCALIP=0.0.0.0", "UDPLOCALPORT=69"));
}

TEST(ConnectionEnvironment, AListeningSocketTellsItsOwnEndOnly) {
  ConnectionEnvironment connection;
  connection.set(SOCK_STREAM, ip("::", 113), std::nullopt);
  EXPECT_THAT(variables_of(connection),
              ElementsAre("PROTO=TCP", "TCPLOCALIP=::", "TCPLOCALPORT=113"));
}

TEST(ConnectionEnvironment, AUnixSocketTellsItsPath) {
  ConnectionEnvironment connection;
  connection.set(SOCK_STREAM, *SocketAddress::unix_path("/run/x"), SocketAddress());
  EXPECT_THAT(variables_of(connection), ElementsAre("PROTO=UNIX", "UNIXLOCALPATH=/run/x"));
  connection.set(SOCK_DGRAM, SocketAddress(), std::nullopt);
  EXPECT_THAT(variables_of(connection), ElementsAre("PROTO=UNIX"));
}

TEST(ConnectionEnvironment, TheLongestPathFits) {
  ConnectionEnvironment connection;
  const std::string path(107, 'x');
  connection.set(SOCK_STREAM, *SocketAddress::unix_path(path), std::nullopt);
  EXPECT_THAT(variables_of(connection), ElementsAre("PROTO=UNIX", "UNIXLOCALPATH=" + path));
}

TEST(ConnectionEnvironment, KeepsNothingOfTheConnectionBefore) {
  ConnectionEnvironment connection;
  connection.set(SOCK_STREAM, ip("192.0.2.1", 79), ip("198.51.100.7", 40'000));
  connection.set(SOCK_STREAM, ip("192.0.2.1", 79), std::nullopt);
  EXPECT_THAT(variables_of(connection),
              ElementsAre("PROTO=TCP", "TCPLOCALIP=192.0.2.1", "TCPLOCALPORT=79"));
  connection.set(SOCK_STREAM, ip("::1", 1), ip("::1", 2));
  EXPECT_EQ(connection.count(), 8U);
}

TEST(ListenEnvironment, NamesEachSocketAndHasRoomForTheOwnPid) {
  ListenEnvironment listen({"web", "app", "app"});
  EXPECT_STREQ(listen.at(0), "LISTEN_FDS=3");
  EXPECT_STREQ(listen.at(1), "LISTEN_FDNAMES=web:app:app");
  std::strcpy(listen.own_pid(), "2147483647");
  EXPECT_STREQ(listen.at(2), "LISTEN_PID=2147483647");
}

TEST(ListenEnvironment, KnowsItsOwnVariables) {
  for (const char* own : {"LISTEN_FDS=1", "LISTEN_PID=2", "LISTEN_FDNAMES=", "LISTEN_PIDFDID=7"}) {
    EXPECT_TRUE(is_listen_variable(own)) << own;
  }
  for (const char* other : {"LISTEN=1", "PATH=LISTEN_FDS=1", ""}) {
    EXPECT_FALSE(is_listen_variable(other)) << other;
  }
}

class LaunchPlanTest : public testing::Test {
 protected:
  LaunchPlanTest() {
    service.key = 4;
    service.program = "/usr/sbin/server";
    service.argv = {"server", "-l", "two words", ""};
    identity.environment = {"HOME=/", "USER=nobody"};
  }
  TableService service;
  TableIdentity identity;
  ConnectionEnvironment connection;
};

TEST_F(LaunchPlanTest, ArgumentsAreThoseOfTheService) {
  const LaunchPlan plan(service, identity);
  EXPECT_STREQ(plan.program(), "/usr/sbin/server");
  EXPECT_EQ(listed(plan.argv()), service.argv);
  EXPECT_EQ(plan.service().key, 4U);
}

TEST_F(LaunchPlanTest, TheConnectionsVariablesFollowTheFixedOnes) {
  LaunchPlan plan(service, identity);
  connection.set(SOCK_STREAM, *SocketAddress::unix_path("@name"), std::nullopt);
  EXPECT_THAT(listed(plan.environment(connection)),
              ElementsAre("HOME=/", "USER=nobody", "PROTO=UNIX", "UNIXLOCALPATH=@name"));
}

TEST_F(LaunchPlanTest, AShorterListEndsWhereItEnds) {
  LaunchPlan plan(service, identity);
  connection.set(SOCK_STREAM, ip("::1", 1), ip("::1", 2));
  EXPECT_EQ(listed(plan.environment(connection)).size(), 10U);
  connection.set(SOCK_DGRAM, ip("::1", 1), std::nullopt);
  EXPECT_THAT(
      listed(plan.environment(connection)),
      ElementsAre("HOME=/", "USER=nobody", "PROTO=UDP", "UDPLOCALIP=::1", "UDPLOCALPORT=1"));
}

TEST_F(LaunchPlanTest, WithoutFixedVariablesThereAreTheConnectionsOnly) {
  identity.environment.clear();
  LaunchPlan plan(service, identity);
  EXPECT_THAT(listed(plan.environment(connection)), IsEmpty());
  connection.set(SOCK_STREAM, SocketAddress(), std::nullopt);
  EXPECT_THAT(listed(plan.environment(connection)), ElementsAre("PROTO=UNIX"));
}

TEST_F(LaunchPlanTest, AServicesOwnVariablesTakeThePlaceOfFixedOnes) {
  service.environment = {"USER=ann", "A=1", "A=2", "USERS=many"};
  LaunchPlan plan(service, identity);
  EXPECT_THAT(listed(plan.environment(connection)),
              ElementsAre("HOME=/", "USER=ann", "A=2", "USERS=many"));
}

TEST_F(LaunchPlanTest, AServiceMayBeginWithTheDaemonsVariables) {
  identity.passed_environment = {"TZ=UTC", "HOME=/"};
  service.passes_environment = true;
  LaunchPlan plan(service, identity);
  EXPECT_THAT(listed(plan.environment(connection)), ElementsAre("TZ=UTC", "HOME=/"));
}

// The daemon may have been started by another super-server, whose client is nobody to ours;
// getenv(3) takes the first of two.
TEST_F(LaunchPlanTest, VariablesOfAnotherConnectionAreNotInherited) {
  identity.environment = {
      "PROTO=TCP", "TCPREMOTEIP=10.9.9.9", "REMOTE_HOST=old.example", "UDPLOCALPORT=9",
      "PATH=/bin", "UNIXLOCALPATH=/old",   "REMOTE_HOSTS=keep"};
  LaunchPlan plan(service, identity);
  connection.set(SOCK_DGRAM, ip("127.0.0.1", 69), std::nullopt);
  EXPECT_THAT(listed(plan.environment(connection)),
              ElementsAre("PATH=/bin", "REMOTE_HOSTS=keep", "PROTO=UDP", "UDPLOCALIP=127.0.0.1",
                          "UDPLOCALPORT=69"));
}

TEST(LaunchPlan, AZygoteBeforeMainIsBoundAtItsStartUnlessTheUserSaysOtherwise) {
  ConnectionEnvironment connection;
  TableService service;
  service.argv = {"server"};
  const auto asked = [&](bool parks_at_io) {
    LaunchPlan plan(service, TableIdentity{});
    return plan.zygote_environment(connection, "/z.so", parks_at_io, 0);
  };
  EXPECT_THAT(asked(false), testing::Contains("LD_BIND_NOW=1").Times(1));
  EXPECT_THAT(asked(true), testing::Not(testing::Contains("LD_BIND_NOW=1")));
  service.environment = {"LD_BIND_NOW="};
  EXPECT_THAT(asked(false), testing::Not(testing::Contains("LD_BIND_NOW=1")));
}

}  // namespace
}  // namespace uvinetd
