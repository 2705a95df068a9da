// SPDX-License-Identifier: ISC
// Built-ins over real datagram sockets of this host.
#include "internal/datagram_server.h"

#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <poll.h>
#include <sys/stat.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "core/base/unique_fd.h"

namespace uvinetd {
namespace {

constexpr int kDeadlineMs = 10'000;

bool wait_for_input(int fd) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, kDeadlineMs) == 1;
}

// nullopt when this host has no such address.
std::optional<UniqueFd> bound_socket(const SocketAddress& address) {
  UniqueFd fd(socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int off = 0;
  if (address.family() == AF_INET6) {
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (bind(fd.get(), address.data(), address.size()) != 0) return std::nullopt;
  return fd;
}

std::optional<UniqueFd> bound_socket(const char* host) {
  return bound_socket(*SocketAddress::parse_ip(host, 0));
}

bool send_to(const UniqueFd& from, const SocketAddress& to, std::string_view text) {
  return sendto(from.get(), text.data(), text.size(), 0, to.data(), to.size()) ==
         static_cast<ssize_t>(text.size());
}

struct Reply {
  std::string text;
  SocketAddress from;
};

std::optional<Reply> receive(const UniqueFd& fd) {
  std::string text(70'000, '\0');
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  auto* const generic = reinterpret_cast<sockaddr*>(&from);
  const auto n = recvfrom(fd.get(), text.data(), text.size(), MSG_DONTWAIT, generic, &size);
  if (n < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(n));
  return Reply{text, SocketAddress(generic, size)};
}

class DatagramServerTest : public testing::Test {
 protected:
  DatagramServerTest() { DatagramServer::set_own_ports(nullptr, 0); }
};

struct Route {
  const char* bound;
  const char* asked;
  const char* client;
};

class AskedAddress : public testing::TestWithParam<Route> {};

TEST_P(AskedAddress, IsWhereTheReplyComesFrom) {
  DatagramServer::set_own_ports(nullptr, 0);
  const auto& route = GetParam();
  const auto socket = bound_socket(route.bound);
  const auto client = bound_socket(route.client);
  if (!socket || !client) GTEST_SKIP() << "this host has no " << route.bound;
  auto to = *SocketAddress::parse_ip(route.asked, SocketAddress::local_of(socket->get())->port());
  DatagramServer server(*find_builtin("echo"), socket->get());
  ASSERT_TRUE(send_to(*client, to, "hello"));
  ASSERT_TRUE(wait_for_input(socket->get()));
  EXPECT_EQ(1, server.on_readable(16, 0));
  const auto reply = receive(*client);
  ASSERT_TRUE(reply);
  EXPECT_EQ("hello", reply->text);
  EXPECT_EQ(to.text(), reply->from.text());
  EXPECT_EQ(1U, server.take_counts().answered);
  EXPECT_EQ(0U, server.take_counts().answered) << "taken";
}

INSTANTIATE_TEST_SUITE_P(Loopback, AskedAddress,
                         testing::Values(Route{"127.0.0.1", "127.0.0.1", "127.0.0.1"},
                                         Route{"0.0.0.0", "127.0.0.1", "127.0.0.1"},
                                         Route{"0.0.0.0", "127.0.0.2", "127.0.0.1"},
                                         Route{"::1", "::1", "::1"}, Route{"::", "::1", "::1"},
                                         Route{"::", "127.0.0.1", "127.0.0.1"},
                                         Route{"::", "127.0.0.2", "127.0.0.1"},
                                         Route{"::", "::ffff:127.0.0.2", "::"}));

TEST_F(DatagramServerTest, WhoIsFilteredOutGetsNoAnswer) {
  const auto socket = bound_socket("127.0.0.1");
  const auto unwanted = bound_socket("127.0.0.2");
  const auto client = bound_socket("127.0.0.1");
  DatagramServer server(*find_builtin("echo"), socket->get());
  server.set_filter([](const SocketAddress& from) { return from.host() == "127.0.0.2"; });
  const auto to = *SocketAddress::local_of(socket->get());
  ASSERT_TRUE(send_to(*unwanted, to, "hello"));
  ASSERT_TRUE(send_to(*client, to, "hello"));
  ASSERT_TRUE(wait_for_input(socket->get()));
  EXPECT_EQ(2, server.on_readable(16, 0));
  EXPECT_EQ(server.last_refused().host(), "127.0.0.2");
  const auto counts = server.take_counts();
  EXPECT_EQ(counts.refused_client, 1U);
  EXPECT_EQ(counts.answered, 1U);
  EXPECT_FALSE(receive(*unwanted));
  EXPECT_TRUE(receive(*client));
}

TEST_F(DatagramServerTest, GivesALoopbackClientTheWholeChargenLine) {
  const auto socket = bound_socket("127.0.0.1");
  const auto client = bound_socket("127.0.0.1");
  DatagramServer server(*find_builtin("chargen"), socket->get());
  ASSERT_TRUE(send_to(*client, *SocketAddress::local_of(socket->get()), ""));
  ASSERT_TRUE(wait_for_input(socket->get()));
  EXPECT_EQ(1, server.on_readable(16, 0));
  EXPECT_EQ(74U, receive(*client)->text.size());
}

// Two addresses of this host's network, in place of two hosts.
std::vector<std::string> network_addresses() {
  std::vector<std::string> out;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return out;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET) continue;
    const auto host = SocketAddress(at->ifa_addr, sizeof(sockaddr_in)).host();
    if (!host.starts_with("127.")) out.push_back(host);
  }
  freeifaddrs(list);
  return out;
}

TEST_F(DatagramServerTest, GivesAClientOfAnotherHostNoMoreThanItSent) {
  const auto addresses = network_addresses();
  if (addresses.size() < 2) GTEST_SKIP() << "this host has no two network addresses";
  const auto socket = bound_socket("0.0.0.0");
  const auto client = bound_socket(addresses[0].c_str());
  const auto port = SocketAddress::local_of(socket->get())->port();
  DatagramServer server(*find_builtin("chargen"), socket->get());
  for (const std::size_t size : {0U, 1U, 10U, 100U}) {
    ASSERT_TRUE(
        send_to(*client, *SocketAddress::parse_ip(addresses[1], port), std::string(size, 'x')));
    ASSERT_TRUE(wait_for_input(socket->get()));
    EXPECT_EQ(1, server.on_readable(16, 0));
    const auto reply = receive(*client);
    ASSERT_TRUE(reply);
    EXPECT_EQ(addresses[1], reply->from.host());
    EXPECT_EQ(std::min<std::size_t>(size, 74), reply->text.size());
  }
}

TEST_F(DatagramServerTest, EchoesTheLongestDatagram) {
  const auto socket = bound_socket("127.0.0.1");
  const auto client = bound_socket("127.0.0.1");
  DatagramServer server(*find_builtin("echo"), socket->get());
  const std::string longest(65507, 'x');
  ASSERT_TRUE(send_to(*client, *SocketAddress::local_of(socket->get()), longest));
  ASSERT_TRUE(wait_for_input(socket->get()));
  EXPECT_EQ(1, server.on_readable(16, 0));
  EXPECT_EQ(longest, receive(*client)->text);
}

TEST_F(DatagramServerTest, ReadsNoMoreThanItWasAskedTo) {
  const auto socket = bound_socket("127.0.0.1");
  const auto client = bound_socket("127.0.0.1");
  DatagramServer server(*find_builtin("discard"), socket->get());
  const auto to = *SocketAddress::local_of(socket->get());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(send_to(*client, to, "x"));
  ASSERT_TRUE(wait_for_input(socket->get()));
  EXPECT_EQ(3, server.on_readable(3, 0));
  EXPECT_EQ(2, server.on_readable(3, 0));
  EXPECT_EQ(0, server.on_readable(3, 0));
  EXPECT_FALSE(receive(*client)) << "discard never answers";
}

TEST_F(DatagramServerTest, RefusesOurOwnPortsAndRemembersWho) {
  const auto socket = bound_socket("127.0.0.1");
  const auto client = bound_socket("127.0.0.1");
  const auto from = *SocketAddress::local_of(client->get());
  const std::uint16_t own[] = {from.port()};
  DatagramServer::set_own_ports(own, 1);
  DatagramServer server(*find_builtin("echo"), socket->get());
  ASSERT_TRUE(send_to(*client, *SocketAddress::local_of(socket->get()), "loop"));
  ASSERT_TRUE(wait_for_input(socket->get()));
  EXPECT_EQ(1, server.on_readable(16, 0));
  EXPECT_FALSE(receive(*client));
  EXPECT_EQ(from, server.last_refused());
  const auto counts = server.take_counts();
  EXPECT_EQ(1U, counts.refused_port);
  EXPECT_EQ(0U, counts.answered);
}

TEST_F(DatagramServerTest, RefusesBroadcast) {
  const auto socket = bound_socket("0.0.0.0");
  const auto client = bound_socket("127.0.0.1");
  const int on = 1;
  setsockopt(client->get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
  auto to = *SocketAddress::parse_ip("127.255.255.255", 0);
  to.set_port(SocketAddress::local_of(socket->get())->port());
  DatagramServer server(*find_builtin("echo"), socket->get());
  if (!send_to(*client, to, "all")) GTEST_SKIP() << "no broadcast on this loopback";
  ASSERT_TRUE(wait_for_input(socket->get()));
  EXPECT_EQ(1, server.on_readable(16, 0));
  EXPECT_FALSE(receive(*client));
  EXPECT_EQ(1U, server.take_counts().refused_address);
}

TEST_F(DatagramServerTest, GoesOnWhenAClientHasGone) {
  const auto socket = bound_socket("127.0.0.1");
  const auto to = *SocketAddress::local_of(socket->get());
  DatagramServer server(*find_builtin("echo"), socket->get());
  for (int i = 0; i < 3; ++i) {
    auto gone = bound_socket("127.0.0.1");
    ASSERT_TRUE(send_to(*gone, to, "bye"));
    gone.reset();
    ASSERT_TRUE(wait_for_input(socket->get()));
    EXPECT_EQ(1, server.on_readable(16, 0));
  }
  const auto client = bound_socket("127.0.0.1");
  ASSERT_TRUE(send_to(*client, to, "still there?"));
  ASSERT_TRUE(wait_for_input(socket->get()));
  EXPECT_EQ(1, server.on_readable(16, 0));
  EXPECT_EQ("still there?", receive(*client)->text);
}

class UnixDatagramServer : public testing::Test {
 protected:
  void SetUp() override {
    DatagramServer::set_own_ports(nullptr, 0);
    sockaddr_un any{};
    any.sun_family = AF_UNIX;
    const auto* const unnamed = reinterpret_cast<const sockaddr*>(&any);  // the kernel names it
    const SocketAddress autobind(unnamed, sizeof(sa_family_t));
    auto socket = bound_socket(autobind);
    auto client = bound_socket(autobind);
    if (!socket || !client) GTEST_SKIP() << "no abstract names here";
    socket_ = std::move(*socket);
    client_ = std::move(*client);
    to_ = *SocketAddress::local_of(socket_.get());
  }

  UniqueFd socket_;
  UniqueFd client_;
  SocketAddress to_;
};

TEST_F(UnixDatagramServer, AnswersNamedSendersAndRefusesOthers) {
  DatagramServer server(*find_builtin("echo"), socket_.get());
  UniqueFd unnamed(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_TRUE(send_to(unnamed, to_, "nobody"));
  ASSERT_TRUE(send_to(client_, to_, "somebody"));
  EXPECT_EQ(2, server.on_readable(16, 0));
  EXPECT_EQ("somebody", receive(client_)->text);
  const auto counts = server.take_counts();
  EXPECT_EQ(1U, counts.answered);
  EXPECT_EQ(1U, counts.refused_address);
}

TEST_F(UnixDatagramServer, DoesNotEchoHalfADatagram) {
  DatagramServer server(*find_builtin("echo"), socket_.get());
  ASSERT_TRUE(send_to(client_, to_, std::string(65'537, 'x')));
  EXPECT_EQ(1, server.on_readable(16, 0));
  EXPECT_FALSE(receive(client_));
  EXPECT_EQ(1U, server.take_counts().send_failed);
}

TEST_F(UnixDatagramServer, TakesNoDescriptors) {
  DatagramServer server(*find_builtin("echo"), socket_.get());
  int pipe_ends[2] = {-1, -1};
  ASSERT_EQ(0, pipe(pipe_ends));
  UniqueFd reader(pipe_ends[0]);
  UniqueFd writer(pipe_ends[1]);
  char text[] = "a gift";
  iovec part{text, sizeof text};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to_.data());
  message.msg_namelen = to_.size();
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* entry = CMSG_FIRSTHDR(&message);
  entry->cmsg_level = SOL_SOCKET;
  entry->cmsg_type = SCM_RIGHTS;
  entry->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(entry), &pipe_ends[1], sizeof(int));
  ASSERT_GT(sendmsg(client_.get(), &message, 0), 0);
  writer.reset();
  EXPECT_EQ(1, server.on_readable(16, 0));
  ASSERT_TRUE(wait_for_input(reader.get())) << "the sent writing end is still open here";
}

}  // namespace
}  // namespace uvinetd
