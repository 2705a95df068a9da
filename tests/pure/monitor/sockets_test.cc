// SPDX-License-Identifier: ISC
#include "core/monitor/sockets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/pure/monitor/sockets_of_tests.h"

namespace uvinetd {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

LoadedService service(const std::string& id, std::vector<ListenSpec> listen) {
  LoadedService out;
  out.spec.id = id;
  out.spec.listen = std::move(listen);
  return out;
}

class SocketsTest : public testing::Test {
 protected:
  // A port that is free, or at least was just now.
  static std::uint16_t free_port() {
    const auto fd = bind_socket(ip_spec(SocketKind::Tcp, "127.0.0.1", 0), {});
    return SocketAddress::local_of(fd->get())->port();
  }
  [[nodiscard]] LoadedService unix_service(const std::string& id, const std::string& name) const {
    return service(id, {unix_spec(SocketKind::UnixStream, directory.file(name))});
  }
  [[nodiscard]] bool exists(const std::string& name) const {
    return access(directory.file(name).c_str(), F_OK) == 0;
  }
  TemporaryDirectory directory;
  Log log;
  Sockets sockets{log, 64};
};

TEST_F(SocketsTest, WhatIsWantedIsBoundAndHasAKey) {
  sockets.want({unix_service("a", "a"), unix_service("b", "b")});
  EXPECT_EQ(sockets.count(), 2U);
  EXPECT_EQ(sockets.failed_count(), 0U);
  const auto a = sockets.listeners_of(unix_service("a", "a"));
  const auto b = sockets.listeners_of(unix_service("b", "b"));
  ASSERT_THAT(a, SizeIs(1));
  ASSERT_THAT(b, SizeIs(1));
  EXPECT_NE(a[0].key, b[0].key);
  EXPECT_NE(a[0].key, 0U);
  EXPECT_EQ(a[0].address.text(), directory.file("a"));
}

TEST_F(SocketsTest, AReloadKeepsSocketsAndKeys) {
  const auto kept = unix_service("a", "a");
  sockets.want({kept});
  const auto before = sockets.all();
  sockets.want({unix_service("b", "b"), kept});
  EXPECT_EQ(sockets.listeners_of(kept)[0].key, before[0].first);
  EXPECT_THAT(sockets.all(), testing::Contains(before[0]));
  sockets.close_unwanted();
  EXPECT_THAT(sockets.all(), testing::Contains(before[0]));
}

TEST_F(SocketsTest, ASocketThatGoesToAnotherServiceStaysItself) {
  sockets.want({unix_service("a", "a")});
  const auto before = sockets.all();
  sockets.want({unix_service("renamed", "a")});
  EXPECT_EQ(sockets.all(), before);
}

TEST_F(SocketsTest, WhatIsNotWantedStaysOpenUntilItIsToldToClose) {
  const auto gone = unix_service("a", "a");
  sockets.want({gone});
  const auto key = sockets.all()[0].first;
  sockets.want({});
  EXPECT_THAT(sockets.all(), IsEmpty());
  EXPECT_FALSE(sockets.is_wanted(key));
  EXPECT_TRUE(connects_to(directory.file("a"), SOCK_STREAM));
  sockets.close_unwanted();
  EXPECT_FALSE(exists("a"));
  // A key is never used again.
  sockets.want({gone});
  EXPECT_NE(sockets.all()[0].first, key);
}

TEST_F(SocketsTest, WantedAgainBeforeItWasClosedItIsTheSame) {
  sockets.want({unix_service("a", "a")});
  const auto before = sockets.all();
  sockets.want({});
  sockets.want({unix_service("a", "a")});
  sockets.close_unwanted();
  EXPECT_EQ(sockets.all(), before);
}

TEST_F(SocketsTest, ATakenPortIsTriedAgainUntilItIsFree) {
  const auto port = free_port();
  const auto spec = ip_spec(SocketKind::Tcp, "127.0.0.1", port);
  auto taken = bind_socket(spec, {});
  ASSERT_TRUE(taken);
  sockets.want({service("a", {spec})});
  EXPECT_EQ(sockets.count(), 0U);
  EXPECT_EQ(sockets.failed_count(), 1U);
  ASSERT_THAT(sockets.failures(), SizeIs(1));
  EXPECT_THAT(sockets.failures()[0], HasSubstr("a: cannot bind 127.0.0.1:" + std::to_string(port)));
  EXPECT_THAT(sockets.listeners_of(service("a", {spec})), IsEmpty());
  EXPECT_FALSE(sockets.retry());
  taken->reset();
  EXPECT_TRUE(sockets.retry());
  EXPECT_FALSE(sockets.retry());
  EXPECT_EQ(sockets.count(), 1U);
  EXPECT_EQ(sockets.failed_count(), 0U);
  EXPECT_THAT(sockets.listeners_of(service("a", {spec})), SizeIs(1));
}

TEST_F(SocketsTest, WhatIsNotWantedAnyMoreIsNotTriedAgain) {
  const auto spec = ip_spec(SocketKind::Tcp, "127.0.0.1", free_port());
  auto taken = bind_socket(spec, {});
  sockets.want({service("a", {spec})});
  sockets.want({});
  taken->reset();
  EXPECT_FALSE(sockets.retry());
  EXPECT_EQ(sockets.failed_count(), 0U);
}

TEST_F(SocketsTest, TheOptionalHalfOfAPlainServiceFailsInSilence) {
  auto absent = ip_spec(SocketKind::Tcp, "2001:db8::1", 0, IpFamily::V6);
  absent.is_optional = true;
  sockets.want({service("a", {absent})});
  EXPECT_EQ(sockets.failed_count(), 0U);
  EXPECT_THAT(sockets.failures(), IsEmpty());
  EXPECT_EQ(sockets.count(), 0U);
}

TEST_F(SocketsTest, ARebindMakesANewSocketUnderTheSameKey) {
  sockets.want({unix_service("a", "a")});
  const auto [key, fd] = sockets.all()[0];
  struct stat before {
  }, after{};
  ASSERT_EQ(fstat(fd, &before), 0);
  sockets.rebind(key);
  ASSERT_EQ(sockets.count(), 1U);
  EXPECT_EQ(sockets.all()[0].first, key);
  ASSERT_EQ(fstat(sockets.all()[0].second, &after), 0);
  EXPECT_NE(before.st_ino, after.st_ino);
  EXPECT_TRUE(connects_to(directory.file("a"), SOCK_STREAM));
  sockets.rebind(999);
}

TEST_F(SocketsTest, PathsGoAtThePlannedEndIfTheyAreStillOurs) {
  sockets.want({unix_service("a", "a"), unix_service("b", "b")});
  unlink(directory.file("b").c_str());
  const auto another = bind_socket(unix_spec(SocketKind::UnixStream, directory.file("b")), {});
  ASSERT_TRUE(another);
  sockets.remove_paths([](std::uint32_t) { return false; });
  EXPECT_FALSE(exists("a"));
  EXPECT_TRUE(exists("b"));
}

TEST_F(SocketsTest, SocketsOfAServiceComeInItsOrder) {
  const auto two = service("a", {unix_spec(SocketKind::UnixStream, directory.file("z")),
                                 unix_spec(SocketKind::UnixStream, directory.file("a"))});
  sockets.want({two});
  const auto listeners = sockets.listeners_of(two);
  ASSERT_THAT(listeners, SizeIs(2));
  EXPECT_EQ(listeners[0].address.text(), directory.file("z"));
  EXPECT_EQ(listeners[1].address.text(), directory.file("a"));
}

// ---- RPC programs ----------------------------------------------------------------------------

LoadedService rpc_service(const std::string& id, const std::string& program, IpFamily family,
                          SocketKind kind = SocketKind::Udp) {
  auto out = service(id, {ip_spec(kind, "", 0, family)});
  out.spec.more.edit().rpc = RpcProgram{program, 1, 3};
  return out;
}

TEST_F(SocketsTest, EachRpcProgramHasASocketAndAPortOfItsOwn) {
  const auto a = rpc_service("a", "100001", IpFamily::V4);
  const auto b = rpc_service("b", "100002", IpFamily::V4);
  sockets.want({a, b});
  ASSERT_EQ(sockets.count(), 2U);
  const auto of_a = sockets.listeners_of(a);
  const auto of_b = sockets.listeners_of(b);
  ASSERT_THAT(of_a, SizeIs(1));
  ASSERT_THAT(of_b, SizeIs(1));
  EXPECT_NE(of_a[0].key, of_b[0].key);
  EXPECT_NE(of_a[0].address.port(), 0);
  EXPECT_NE(of_a[0].address.port(), of_b[0].address.port());
}

TEST_F(SocketsTest, AReloadKeepsTheSocketOfAnRpcProgramAndItsPort) {
  const auto a = rpc_service("a", "100001", IpFamily::V4);
  const auto b = rpc_service("b", "100002", IpFamily::V4);
  sockets.want({a, b});
  const auto before = sockets.all();
  const auto bindings = sockets.rpc_bindings({a, b});
  auto changed = b;
  changed.spec.more.edit().rpc->high_version = 4;
  sockets.want({changed, a});
  sockets.close_unwanted();
  EXPECT_EQ(sockets.all(), before);
  EXPECT_EQ(sockets.rpc_bindings({a})[0], bindings[0]);
  EXPECT_EQ(sockets.rpc_bindings({changed})[0].address, bindings[1].address);
  sockets.want({a});
  sockets.close_unwanted();
  EXPECT_EQ(sockets.count(), 1U);
  EXPECT_THAT(sockets.rpc_bindings({a, b}), SizeIs(1));
}

TEST_F(SocketsTest, AnRpcProgramIsBoundByTheNameOfItsTransport) {
  const auto udp = rpc_service("a", "100001", IpFamily::V4);
  const auto tcp = rpc_service("b", "100002", IpFamily::V4, SocketKind::Tcp);
  sockets.want({udp, tcp, unix_service("c", "c")});
  const auto bindings = sockets.rpc_bindings({udp, tcp, unix_service("c", "c")});
  ASSERT_THAT(bindings, SizeIs(2));
  EXPECT_EQ(bindings[0].program, 100001U);
  EXPECT_EQ(bindings[0].low_version, 1U);
  EXPECT_EQ(bindings[0].high_version, 3U);
  EXPECT_EQ(bindings[0].netid, "udp");
  EXPECT_EQ(bindings[0].address, sockets.listeners_of(udp)[0].address);
  EXPECT_EQ(bindings[1].netid, "tcp");
}

TEST_F(SocketsTest, ADualSocketOfAnRpcProgramIsKnownByBothTransports) {
  if (!has_v6()) GTEST_SKIP() << "no IPv6 here";
  const auto six = rpc_service("a", "100001", IpFamily::V6);
  const auto dual = rpc_service("b", "100002", IpFamily::Dual);
  sockets.want({six, dual});
  const auto bindings = sockets.rpc_bindings({six, dual});
  ASSERT_THAT(bindings, SizeIs(3));
  EXPECT_EQ(bindings[0].netid, "udp6");
  EXPECT_EQ(bindings[1].netid, "udp");
  EXPECT_EQ(bindings[1].address.family(), AF_INET);
  EXPECT_EQ(bindings[2].netid, "udp6");
  EXPECT_EQ(bindings[1].address.port(), bindings[2].address.port());
}

}  // namespace
}  // namespace uvinetd
