// SPDX-License-Identifier: ISC
#include "core/reactor/heal.h"

#include <gtest/gtest.h>

#include "core/base/process.h"
#include "tests/pure/reactor/local_sockets.h"

namespace uvinetd {
namespace {

using namespace test;

bool is_nonblocking(const UniqueFd& fd) {
  return (fcntl(fd.get(), F_GETFL) & O_NONBLOCK) != 0;
}

bool serves(const UniqueFd& listener) {
  const auto client = connected_to(listener.get(), SOCK_STREAM);
  if (!client.is_open() || !wait_for_input(listener.get())) return false;
  const UniqueFd server(accept(listener.get(), nullptr, nullptr));
  return server.is_open();
}

TEST(Heal, AHealthySocketStaysAsItIs) {
  const auto udp = bound_ip_socket(SOCK_DGRAM);
  EXPECT_EQ(heal(udp.get(), SOCK_DGRAM, 16), Health::Good);
  const auto tcp = bound_ip_socket(SOCK_STREAM);
  ASSERT_EQ(listen(tcp.get(), 16), 0);
  EXPECT_EQ(heal(tcp.get(), SOCK_STREAM, 16), Health::Good);
  EXPECT_TRUE(serves(tcp));
}

TEST(Heal, WaitingClientsAreKept) {
  const auto tcp = bound_ip_socket(SOCK_STREAM);
  ASSERT_EQ(listen(tcp.get(), 16), 0);
  const auto client = connected_to(tcp.get(), SOCK_STREAM);
  const auto udp = bound_ip_socket(SOCK_DGRAM);
  const auto sender = connected_to(udp.get(), SOCK_DGRAM);
  ASSERT_TRUE(send_text(sender.get(), "hello"));
  ASSERT_TRUE(wait_for_input(udp.get()));
  EXPECT_EQ(heal(tcp.get(), SOCK_STREAM, 16), Health::Good);
  EXPECT_EQ(heal(udp.get(), SOCK_DGRAM, 16), Health::Good);
  EXPECT_TRUE(UniqueFd(accept(tcp.get(), nullptr, nullptr)).is_open());
  EXPECT_EQ(receive_text(udp.get()), "hello");
}

TEST(Heal, ASocketLeftNonblockingBlocksAgain) {
  for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
    const auto fd = bound_ip_socket(type);
    ASSERT_TRUE(type == SOCK_DGRAM || listen(fd.get(), 16) == 0);
    ASSERT_TRUE(set_nonblocking(fd.get(), true));
    EXPECT_EQ(heal(fd.get(), type, 16), Health::Good);
    EXPECT_FALSE(is_nonblocking(fd));
  }
}

TEST(Heal, AUdpSocketThatWasConnectedHearsEverybodyAgain) {
  const auto udp = bound_ip_socket(SOCK_DGRAM);
  const auto address = *SocketAddress::local_of(udp.get());
  const auto friend_of_server = connected_to(udp.get(), SOCK_DGRAM);
  const auto to = *SocketAddress::local_of(friend_of_server.get());
  ASSERT_EQ(connect(udp.get(), to.data(), to.size()), 0);
  EXPECT_EQ(heal(udp.get(), SOCK_DGRAM, 16), Health::Good);
  EXPECT_FALSE(SocketAddress::peer_of(udp.get()));
  EXPECT_EQ(*SocketAddress::local_of(udp.get()), address);
  const auto other = connected_to(udp.get(), SOCK_DGRAM);
  ASSERT_TRUE(send_text(other.get(), "from another"));
  ASSERT_TRUE(wait_for_input(udp.get()));
  EXPECT_EQ(receive_text(udp.get()), "from another");
}

TEST(Heal, APendingErrorIsCleared) {
  const auto udp = bound_ip_socket(SOCK_DGRAM);
  {
    // A connected socket is told that its peer has gone (ICMP port unreachable).
    const auto peer = bound_ip_socket(SOCK_DGRAM);
    const auto to = *SocketAddress::local_of(peer.get());
    ASSERT_EQ(connect(udp.get(), to.data(), to.size()), 0);
  }
  ASSERT_TRUE(send_text(udp.get(), "x"));
  pollfd entry{udp.get(), 0, 0};
  ASSERT_EQ(poll(&entry, 1, static_cast<int>(deadline().count())), 1);
  EXPECT_EQ(heal(udp.get(), SOCK_DGRAM, 16), Health::Good);
  EXPECT_EQ(poll(&entry, 1, 0), 0);
}

TEST(Heal, ATcpListenerThatWasShutDownListensAgainOnItsPort) {
  const auto tcp = bound_ip_socket(SOCK_STREAM);
  const auto address = *SocketAddress::local_of(tcp.get());
  ASSERT_EQ(listen(tcp.get(), 16), 0);
  ASSERT_EQ(shutdown(tcp.get(), SHUT_RDWR), 0);
  EXPECT_FALSE(connected_to(tcp.get(), SOCK_STREAM).is_open());
  EXPECT_EQ(heal(tcp.get(), SOCK_STREAM, 16), Health::Good);
  EXPECT_EQ(*SocketAddress::local_of(tcp.get()), address);
  EXPECT_TRUE(serves(tcp));
}

TEST(Heal, AUdpSocketThatWasShutDownNeedsANewOne) {
  const auto udp = bound_ip_socket(SOCK_DGRAM);
  shutdown(udp.get(), SHUT_RDWR);  // ENOTCONN, and shut down all the same
  EXPECT_EQ(heal(udp.get(), SOCK_DGRAM, 16), Health::NeedsRebind);
  const auto half = bound_ip_socket(SOCK_DGRAM);
  shutdown(half.get(), SHUT_RD);
  EXPECT_EQ(heal(half.get(), SOCK_DGRAM, 16), Health::NeedsRebind);
}

TEST(Heal, AUnixDatagramSocketThatWasShutDownNeedsANewOne) {
  const TemporaryDirectory directory;
  const auto fd = bound_unix_socket(SOCK_DGRAM, directory.file("s"));
  EXPECT_EQ(heal(fd.get(), SOCK_DGRAM, 16), Health::Good);
  shutdown(fd.get(), SHUT_RDWR);
  EXPECT_EQ(heal(fd.get(), SOCK_DGRAM, 16), Health::NeedsRebind);
}

TEST(Heal, AUnixListenerThatWasShutDownNeedsANewOne) {
  const TemporaryDirectory directory;
  const auto fd = bound_unix_socket(SOCK_STREAM, directory.file("s"));
  ASSERT_EQ(listen(fd.get(), 16), 0);
  EXPECT_EQ(heal(fd.get(), SOCK_STREAM, 16), Health::Good);
  shutdown(fd.get(), SHUT_RDWR);
  EXPECT_EQ(heal(fd.get(), SOCK_STREAM, 16), Health::NeedsRebind);
}

TEST(Heal, AUnixDatagramSocketThatWasConnectedHearsEverybodyAgain) {
  const TemporaryDirectory directory;
  const auto fd = bound_unix_socket(SOCK_DGRAM, directory.file("s"));
  const auto peer = bound_unix_socket(SOCK_DGRAM, directory.file("peer"));
  const auto to = *SocketAddress::local_of(peer.get());
  ASSERT_EQ(connect(fd.get(), to.data(), to.size()), 0);
  EXPECT_FALSE(connected_to(fd.get(), SOCK_DGRAM).is_open());
  EXPECT_EQ(heal(fd.get(), SOCK_DGRAM, 16), Health::Good);
  const auto other = connected_to(fd.get(), SOCK_DGRAM);
  ASSERT_TRUE(other.is_open());
  ASSERT_TRUE(send_text(other.get(), "hello"));
  EXPECT_EQ(receive_text(fd.get()), "hello");
}

TEST(Heal, WhatIsNoSocketNeedsANewOne) {
  EXPECT_EQ(heal(-1, SOCK_STREAM, 16), Health::NeedsRebind);
}

}  // namespace
}  // namespace uvinetd
