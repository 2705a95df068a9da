// SPDX-License-Identifier: ISC
#include "core/reactor/admission/proxies.h"

#include <gtest/gtest.h>

#include "spawn/settings/relay.h"

namespace uvinetd {
namespace {

SocketAddress ip(const char* host) {
  return *SocketAddress::parse_ip(host, 7);
}

// 10.0.0.0/7 (10 and 11), 2001:db8::/33.
RelaySettings two_networks() {
  RelaySettings out;
  out.proxies.push_back({0, 0xffff'0a00'0000U, 96 + 7});
  out.proxies.push_back({0x2001'0db8'0000'0000U, 0, 33});
  return out;
}

TEST(TrustedProxies, AreThoseOfTheNetworks) {
  const auto settings = two_networks();
  for (const char* host : {"10.0.0.0", "10.255.255.255", "11.1.2.3", "::ffff:10.1.1.1",
                           "2001:db8::1", "2001:db8:7fff::1"}) {
    EXPECT_TRUE(is_trusted_proxy(settings, ip(host))) << host;
  }
  for (const char* host : {"9.255.255.255", "12.0.0.0", "127.0.0.1", "::1", "::a00:1",
                           "2001:db8:8000::1", "2001:db9::1"}) {
    EXPECT_FALSE(is_trusted_proxy(settings, ip(host))) << host;
  }
}

TEST(TrustedProxies, AreNobodyWithoutAList) {
  EXPECT_FALSE(is_trusted_proxy({}, ip("127.0.0.1")));
  EXPECT_FALSE(is_trusted_proxy({}, SocketAddress()));
  EXPECT_FALSE(is_trusted_proxy(two_networks(), *SocketAddress::unix_path("/run/x")));
}

TEST(TrustedProxies, MayBeWhoCanOpenTheSocket) {
  auto settings = two_networks();
  settings.trusts_unix = true;
  EXPECT_TRUE(is_trusted_proxy(settings, SocketAddress()));
  EXPECT_TRUE(is_trusted_proxy(settings, *SocketAddress::unix_path("/run/x")));
  EXPECT_FALSE(is_trusted_proxy(settings, ip("127.0.0.1")));
}

TEST(TrustedProxies, MayBeEverybodyOrOneAddress) {
  RelaySettings all;
  all.proxies.push_back({0, 0, 0});
  EXPECT_TRUE(is_trusted_proxy(all, ip("192.0.2.1")));
  RelaySettings one;
  one.proxies.push_back({0, 1, 128});
  EXPECT_TRUE(is_trusted_proxy(one, ip("::1")));
  EXPECT_FALSE(is_trusted_proxy(one, ip("::2")));
}

}  // namespace
}  // namespace uvinetd
