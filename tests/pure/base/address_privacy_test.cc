// SPDX-License-Identifier: ISC
#include "core/base/address_privacy.h"

#include <gmock/gmock.h>

#include "core/base/address.h"

namespace uvinetd {
namespace {

using testing::MatchesRegex;

// The key and the messages 00, 00 01, ... of the reference implementation.
TEST(SipHash, GivesTheVectorsOfItsAuthors) {
  SipKey key{};
  std::string message;
  for (std::uint8_t i = 0; i < 16; ++i) key.at(i) = i;
  const auto hash_of_first = [&](std::size_t size) {
    message.clear();
    for (std::size_t i = 0; i < size; ++i) message += static_cast<char>(i);
    return siphash(key, message);
  };
  EXPECT_EQ(hash_of_first(0), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(hash_of_first(1), 0x74f839c593dc67fdU);
  EXPECT_EQ(hash_of_first(8), 0x93f5f5799a932462U);
  EXPECT_EQ(hash_of_first(15), 0xa129ca6149be45e5U);
}

TEST(AddressPrivacy, TruncatesToNetworks) {
  const auto truncated = [](std::string_view from) {
    return private_address(from, AddressPrivacy::Truncate, {});
  };
  EXPECT_EQ(truncated("192.0.2.7:99"), "192.0.2.0/24");
  EXPECT_EQ(truncated("192.0.2.7"), "192.0.2.0/24");
  EXPECT_EQ(truncated("[2001:db8:1:2:3::4]:99"), "2001:db8:1::/48");
  EXPECT_EQ(truncated("[::1]:99"), "::/48");
  EXPECT_EQ(truncated("[fe80::1%lo]:99"), "fe80::/48");
  EXPECT_EQ(truncated("[fe80::1%gone0]:99"), "fe80::/48");
  // As it stands where a port would be too much.
  EXPECT_EQ(truncated("2001:db8:1:2:3::4"), "2001:db8:1::/48");
  EXPECT_EQ(truncated("::1"), "::/48");
  for (const char* other : {"-", "/run/x", "@x", "", "x:99", "[::1", ":1"}) {
    EXPECT_EQ(truncated(other), other);
  }
  EXPECT_EQ(private_address("192.0.2.7:99", AddressPrivacy::Full, {}), "192.0.2.7:99");
}

TEST(AddressPrivacy, KnowsAHostFromAHostWithAPort) {
  EXPECT_EQ(host_of("192.0.2.7:99"), "192.0.2.7");
  EXPECT_EQ(host_of("2001:db8::7"), "2001:db8::7");
  EXPECT_EQ(host_of("[2001:db8::7]:99"), "2001:db8::7");
  EXPECT_EQ(host_of("2001:db8:1::/48"), "2001:db8:1::/48");
  EXPECT_EQ(host_of("192.0.2.0/24"), "192.0.2.0/24");
}

TEST(UnixClients, HaveNamesThatAreNoAddressesAndOneWord) {
  EXPECT_EQ(SocketAddress::unix_path("/run/x")->text(), "/run/x");
  EXPECT_EQ(SocketAddress::unix_path("@x y")->text(), "@x\\x20y");
  EXPECT_EQ(SocketAddress::unix_path("192.0.2.7:1")->text(), "./192.0.2.7:1");
  EXPECT_EQ(SocketAddress::unix_path("-")->text(), "./-");
}

TEST(AddressPrivacy, HashesOneClientToOneToken) {
  const SipKey key{1, 2, 3};
  const auto token = [](std::string_view from, const SipKey& with) {
    return private_address(from, AddressPrivacy::Hash, with);
  };
  const auto one = token("192.0.2.7:99", key);
  EXPECT_THAT(one, MatchesRegex("hash:[0-9a-f]+"));
  EXPECT_EQ(one.size(), 21U);
  EXPECT_EQ(one, token("192.0.2.7:100", key));
  EXPECT_NE(one, token("192.0.2.8:99", key));
  EXPECT_NE(one, token("192.0.2.7:99", {1, 2, 4}));
  EXPECT_EQ(token("-", key), "-");
}

}  // namespace
}  // namespace uvinetd
