// SPDX-License-Identifier: ISC
#include "spawn/settings/relay.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace uvinetd {
namespace {

SocketAddress ip(const char* host, std::uint16_t port) {
  return *SocketAddress::parse_ip(host, port);
}

RelaySettings example() {
  RelaySettings out;
  out.expects_header = true;
  out.trusts_unix = true;
  out.proxies = {{0x0102'0300'0000'0000U, 0, 24}, {0, 0, 128}};
  out.targets = {ip("10.0.0.1", 80), ip("::1", 81)};
  out.source = ip("10.0.0.2", 0);
  out.announces = ProxyForm::V2;
  out.idle_seconds = 7;
  out.health = {HealthForm::Agent, 8, 9};
  return out;
}

std::string bytes_of(const RelaySettings& settings) {
  Writer out;
  put(out, settings);
  return out.take();
}

// Whether the bytes are read to their end.
bool is_read(std::string_view bytes, RelaySettings* into = nullptr) {
  Reader in(bytes);
  RelaySettings out;
  get(in, out);
  if (into != nullptr) *into = out;
  return in.is_at_end();
}

TEST(RelaySettings, ComeBackAsTheyWereWritten) {
  for (const auto& settings : {RelaySettings(), example()}) {
    RelaySettings again;
    EXPECT_TRUE(is_read(bytes_of(settings), &again));
    EXPECT_EQ(again, settings);
  }
}

TEST(RelaySettings, AreReadWholeOrNotAtAll) {
  const auto bytes = bytes_of(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(is_read(std::string_view(bytes).substr(0, size))) << size;
  }
}

TEST(RelaySettings, HaveBounds) {
  auto settings = example();
  settings.targets.assign(kMostTargets, ip("10.0.0.1", 80));
  EXPECT_TRUE(is_read(bytes_of(settings)));
  settings.targets.push_back(ip("10.0.0.1", 80));
  EXPECT_FALSE(is_read(bytes_of(settings)));
  settings = example();
  settings.proxies.assign(kMostProxies, {});
  EXPECT_TRUE(is_read(bytes_of(settings)));
  settings.proxies.push_back({});
  EXPECT_FALSE(is_read(bytes_of(settings)));
  settings = example();
  settings.proxies[0].bits = 129;
  EXPECT_FALSE(is_read(bytes_of(settings)));
  settings = example();
  settings.announces = static_cast<ProxyForm>(3);
  EXPECT_FALSE(is_read(bytes_of(settings)));
  settings = example();
  settings.health.form = static_cast<HealthForm>(2);
  EXPECT_FALSE(is_read(bytes_of(settings)));
}

TEST(RelaySettings, HaveAddressesOfTheInternetOnly) {
  auto settings = example();
  settings.source = *SocketAddress::unix_path("/run/x");
  EXPECT_FALSE(is_read(bytes_of(settings)));
  settings = example();
  settings.targets[1] = *SocketAddress::unix_path("/run/x");
  EXPECT_FALSE(is_read(bytes_of(settings)));
  settings.targets[1] = SocketAddress();
  EXPECT_FALSE(is_read(bytes_of(settings)));
}

TEST(AddressBytes, AreOneOfTheInternetOrNothing) {
  for (const auto& address : {ip("192.0.2.1", 7), ip("2001:db8::1", 65535)}) {
    const std::string bytes(address.bytes());
    EXPECT_EQ(SocketAddress::ip_from_bytes(bytes), address);
    EXPECT_FALSE(SocketAddress::ip_from_bytes(bytes + 'x'));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(SocketAddress::ip_from_bytes(bytes.substr(0, size))) << size;
    }
  }
  EXPECT_FALSE(SocketAddress::ip_from_bytes(SocketAddress::unix_path("/run/x")->bytes()));
  EXPECT_FALSE(SocketAddress::ip_from_bytes(std::string(1000, '\x02')));
}

}  // namespace
}  // namespace uvinetd
