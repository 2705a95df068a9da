// SPDX-License-Identifier: ISC
#include "core/config/access_rule.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace uvinetd {
namespace {

using Kind = AccessRule::Kind;

AccessRule rule(std::string_view text) {
  auto out = parse_access_rule(text);
  EXPECT_TRUE(out) << text << " " << (out ? "" : out.error().text());
  return out ? *out : AccessRule();
}

TEST(AccessRule, ReadsAddressesAndNetworks) {
  const std::vector<std::pair<const char*, const char*>> forms = {
      {"192.0.2.1", "192.0.2.1"},
      {"192.0.2.1/32", "192.0.2.1"},
      {"10.0.0.0/8", "10.0.0.0/8"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"2001:DB8::/32", "2001:db8::/32"},
      {"::1", "::1"},
      {"::/0", "::/0"},
      {"2001:db8::1/128", "2001:db8::1"},
      {"::ffff:10.0.0.0/104", "10.0.0.0/8"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"::ffff:0:0/96", "0.0.0.0/0"},
  };
  for (const auto& [written, meant] : forms) {
    const auto read = rule(written);
    EXPECT_EQ(read.kind, Kind::Address);
    EXPECT_EQ(print_access_rule(read), meant);
    EXPECT_FALSE(read.has_stray_bits) << written;
  }
}

TEST(AccessRule, BitsBehindThePrefixDoNotCountAndAreTold) {
  for (const auto* text : {"10.0.0.5/8", "0.0.0.1/0", "192.0.2.1/31", "::ffff:10.0.0.5/104"}) {
    EXPECT_TRUE(rule(text).has_stray_bits) << text;
  }
  EXPECT_EQ(print_access_rule(rule("10.0.0.5/8")), "10.0.0.0/8");
  EXPECT_EQ(print_access_rule(rule("2001:db8::ff/33")), "2001:db8::/33");
  EXPECT_EQ(print_access_rule(rule("2001:db8:ffff::/33")), "2001:db8:8000::/33");
}

TEST(AccessRule, ReadsWhatHasAName) {
  const std::vector<std::tuple<const char*, Kind, const char*>> forms = {
      {"interface:eth0", Kind::Interface, "eth0"},
      {"user:Alice", Kind::User, "Alice"},
      {"group:1000", Kind::Group, "1000"},
      {"Host.Example.ORG", Kind::Host, "host.example.org"},
      {"localhost", Kind::Host, "localhost"},
      {"host.example.", Kind::Host, "host.example"},
      {"3com.example", Kind::Host, "3com.example"},
      {".Example.org", Kind::Domain, "example.org"},
      {".org", Kind::Domain, "org"},
      {"file:/etc/friends", Kind::File, "/etc/friends"},
  };
  for (const auto& [text, kind, name] : forms) {
    EXPECT_EQ(rule(text).kind, kind) << text;
    EXPECT_EQ(rule(text).name, name) << text;
  }
}

TEST(AccessRule, RefusesWhatIsNone) {
  const std::string long_label(64, 'a');
  const std::string long_name = std::string(126, 'a') + "." + std::string(127, 'b');
  for (const std::string& text : std::vector<std::string>{"",
                                                          " ",
                                                          "1",
                                                          "10",
                                                          "10.0",
                                                          "10.0.0",
                                                          "10.0.0.256",
                                                          "10.0.0.0/",
                                                          "10.0.0.0/33",
                                                          "10.0.0.0/-1",
                                                          "10.0.0.0/8/8",
                                                          "10.0.0.0/ 8",
                                                          "10.0.0.0/99999999999999999999",
                                                          "/8",
                                                          "::/129",
                                                          "::/",
                                                          ":::",
                                                          "2001:db8",
                                                          "fe80::1%eth0",
                                                          "fe80::1%eth0/64",
                                                          "::/0x8",
                                                          "::ffff:0:0/95",
                                                          "a b",
                                                          "a..b",
                                                          "-a",
                                                          "a-",
                                                          "..a",
                                                          ".",
                                                          "a/b",
                                                          "user:",
                                                          "group:",
                                                          "user:a/b",
                                                          "interface:",
                                                          "interface:0123456789abcdef",
                                                          "interface:a/b",
                                                          "file:",
                                                          "file:etc",
                                                          "file:etc/friends",
                                                          "users:a",
                                                          long_label,
                                                          "." + long_label,
                                                          long_name,
                                                          std::string("a\0b", 3),
                                                          std::string("file:/a\0b", 9),
                                                          "h\xc3\xa4user.example"}) {
    EXPECT_FALSE(parse_access_rule(text)) << text;
  }
}

RC_GTEST_PROP(AccessRule, NothingThatIsReadIsReadDifferentlyWhenPrinted, (std::string text)) {
  const auto read = parse_access_rule(text);
  if (!read) return;
  const auto again = parse_access_rule(print_access_rule(*read));
  RC_ASSERT(again.has_value());
  RC_ASSERT(print_access_rule(*again) == print_access_rule(*read));
}

RC_GTEST_PROP(AccessRule, EveryNetworkIsReadAsItIsPrinted,
              (bool is_v6, std::array<std::uint8_t, 16> octets, std::uint8_t length)) {
  AddressPrefix network;
  network.is_v6 = is_v6;
  const unsigned most = is_v6 ? 128 : 32;
  network.bits = static_cast<std::uint8_t>(length % (most + 1));
  for (unsigned bit = 0; bit < network.bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    network.octets[bit / 8] =
        static_cast<std::uint8_t>(network.octets[bit / 8] | (octets[bit / 8] & mask));
  }
  const auto read = parse_access_rule(network.text());
  RC_ASSERT(read.has_value());
  RC_ASSERT(!read->has_stray_bits);
  RC_ASSERT(read->network == network);
}

}  // namespace
}  // namespace uvinetd
