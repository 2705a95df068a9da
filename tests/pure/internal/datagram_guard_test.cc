// SPDX-License-Identifier: ISC
#include "internal/datagram_guard.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace uvinetd {
namespace {

Arrival v4(const char* asked, const char* local) {
  Arrival arrival;
  arrival.kind = Arrival::Kind::V4;
  inet_pton(AF_INET, asked, &arrival.asked);
  inet_pton(AF_INET, local, &arrival.local);
  return arrival;
}

Arrival v4(const char* asked) {
  return v4(asked, asked);
}

Arrival v6(const char* asked) {
  Arrival arrival;
  arrival.kind = Arrival::Kind::V6;
  inet_pton(AF_INET6, asked, &arrival.asked6);
  return arrival;
}

OwnNetwork own_network() {
  OwnNetwork own;
  own.ports.set(7007);
  own.broadcasts = {0xc0000200 + 127};  // 192.0.2.127
  return own;
}

constexpr auto kAllow = DatagramVerdict::Allow;
constexpr auto kPort = DatagramVerdict::Port;
constexpr auto kAddress = DatagramVerdict::Address;

struct Case {
  DatagramVerdict verdict;
  const char* from;
  std::uint16_t port;
  Arrival arrival;
};

class DatagramGuard : public testing::TestWithParam<Case> {};

TEST_P(DatagramGuard, Decides) {
  const auto& [verdict, from, port, arrival] = GetParam();
  const auto source = SocketAddress::parse_ip(from, port);
  ASSERT_TRUE(source) << from;
  EXPECT_EQ(verdict, guard_datagram(*source, arrival, own_network())) << source->text();
}

INSTANTIATE_TEST_SUITE_P(Answers, DatagramGuard,
                         testing::Values(Case{kAllow, "127.0.0.1", 40000, v4("127.0.0.1")},
                                         Case{kAllow, "127.0.0.1", 40000, v4("127.0.0.2")},
                                         Case{kAllow, "::ffff:127.0.0.1", 40000, v4("127.0.0.1")},
                                         Case{kAllow, "::1", 40000, v6("::1")},
                                         Case{kAllow, "192.0.2.1", 1, v4("192.0.2.9")},
                                         Case{kAllow, "192.0.2.1", 65535, v4("192.0.2.9")},
                                         Case{kAllow, "2001:db8::1", 40000, v6("2001:db8::9")},
                                         Case{kAllow, "fe80::1", 40000, v6("fe80::9")},
                                         Case{kAllow, "192.0.2.255", 40000, v4("192.0.2.9")},
                                         Case{kAllow, "127.0.0.1", 40000, Arrival{}}));

INSTANTIATE_TEST_SUITE_P(RefusesPorts, DatagramGuard,
                         testing::Values(Case{kPort, "192.0.2.1", 0, v4("192.0.2.9")},
                                         Case{kPort, "192.0.2.1", 7, v4("192.0.2.9")},
                                         Case{kPort, "192.0.2.1", 9, v4("192.0.2.9")},
                                         Case{kPort, "192.0.2.1", 11, v4("192.0.2.9")},
                                         Case{kPort, "192.0.2.1", 13, v4("192.0.2.9")},
                                         Case{kPort, "192.0.2.1", 15, v4("192.0.2.9")},
                                         Case{kPort, "192.0.2.1", 17, v4("192.0.2.9")},
                                         Case{kPort, "192.0.2.1", 19, v4("192.0.2.9")},
                                         Case{kPort, "192.0.2.1", 37, v4("192.0.2.9")},
                                         Case{kPort, "192.0.2.1", 53, v4("192.0.2.9")},
                                         Case{kPort, "192.0.2.1", 69, v4("192.0.2.9")},
                                         Case{kPort, "192.0.2.1", 123, v4("192.0.2.9")},
                                         Case{kPort, "127.0.0.1", 7007, v4("127.0.0.1")},
                                         Case{kPort, "::1", 7007, v6("::1")},
                                         Case{kPort, "::1", 19, v6("::1")},
                                         Case{kPort, "::ffff:192.0.2.1", 19, v4("192.0.2.9")}));

INSTANTIATE_TEST_SUITE_P(
    RefusesAddresses, DatagramGuard,
    testing::Values(Case{kAddress, "0.0.0.0", 40000, v4("192.0.2.9")},
                    Case{kAddress, "0.1.2.3", 40000, v4("192.0.2.9")},
                    Case{kAddress, "224.0.0.1", 40000, v4("192.0.2.9")},
                    Case{kAddress, "239.255.255.255", 40000, v4("192.0.2.9")},
                    Case{kAddress, "240.0.0.1", 40000, v4("192.0.2.9")},
                    Case{kAddress, "255.255.255.255", 40000, v4("192.0.2.9")},
                    Case{kAddress, "192.0.2.127", 40000, v4("192.0.2.9")},
                    Case{kAddress, "::ffff:224.0.0.1", 40000, v4("192.0.2.9")},
                    Case{kAddress, "::", 40000, v6("2001:db8::9")},
                    Case{kAddress, "ff02::1", 40000, v6("2001:db8::9")},
                    Case{kAddress, "192.0.2.1", 40000, v4("192.0.2.127", "192.0.2.9")},
                    Case{kAddress, "192.0.2.1", 40000, v4("192.0.2.127")},
                    Case{kAddress, "192.0.2.1", 40000, v4("224.0.0.1", "192.0.2.9")},
                    Case{kAddress, "192.0.2.1", 40000, v4("224.0.0.1")},
                    Case{kAddress, "192.0.2.1", 40000, v4("255.255.255.255", "192.0.2.9")},
                    Case{kAddress, "127.0.0.1", 40000, v4("127.255.255.255", "127.0.0.1")},
                    Case{kAddress, "2001:db8::1", 40000, v6("ff02::1")},
                    Case{kAddress, "127.0.0.1", 40000, v4("192.0.2.9")},
                    Case{kAddress, "127.0.0.1", 40000, v6("2001:db8::9")},
                    Case{kAddress, "::1", 40000, v6("2001:db8::9")}));

TEST(DatagramGuard, AnswersNamedUnixSendersOnly) {
  EXPECT_EQ(kAllow, guard_datagram(*SocketAddress::unix_path("/run/x"), {}, {}));
  EXPECT_EQ(kAllow, guard_datagram(*SocketAddress::unix_path("@x"), {}, {}));
  sockaddr unnamed{};
  unnamed.sa_family = AF_UNIX;
  EXPECT_EQ(kAddress, guard_datagram(SocketAddress(&unnamed, sizeof(sa_family_t)), {}, {}));
  EXPECT_EQ(kAddress, guard_datagram(SocketAddress(), {}, {}));
}

TEST(SameHost, IsLoopbackTheAddressThatWasAskedOrUnix) {
  const auto is_same = [](const char* from, const Arrival& arrival) {
    return is_same_host(*SocketAddress::parse_ip(from, 40000), arrival);
  };
  EXPECT_TRUE(is_same("127.0.0.1", v4("127.0.0.2")));
  EXPECT_TRUE(is_same("::ffff:127.0.0.1", v4("127.0.0.2")));
  EXPECT_TRUE(is_same("::1", v6("::1")));
  EXPECT_TRUE(is_same("192.0.2.9", v4("192.0.2.9")));
  EXPECT_TRUE(is_same("2001:db8::9", v6("2001:db8::9")));
  EXPECT_FALSE(is_same("192.0.2.1", v4("192.0.2.9")));
  EXPECT_FALSE(is_same("2001:db8::1", v6("2001:db8::9")));
  EXPECT_FALSE(is_same("192.0.2.1", Arrival{}));
  EXPECT_TRUE(is_same_host(*SocketAddress::unix_path("@x"), {}));
  EXPECT_FALSE(is_same_host(SocketAddress(), {}));
}

}  // namespace
}  // namespace uvinetd
