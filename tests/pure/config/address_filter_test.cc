// SPDX-License-Identifier: ISC
#include "core/config/address_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace uvinetd::testing {
namespace {

using Packet = std::vector<std::uint8_t>;  // from its network header on

// What the kernel does with a program; nullopt: it would not have taken it, or it did not end.
std::optional<std::uint32_t> run(const AddressFilter& filter, const Packet& packet) {
  std::uint32_t value = 0;
  std::size_t steps = 0;
  for (std::size_t at = 0; at < filter.size(); ++at) {
    if (++steps > 200) return {};
    const auto& step = filter[at];
    const std::size_t place = step.operand - 0xfff00000U;
    switch (step.code) {
      case 0x20:
        if (place + 4 > packet.size()) return 0;
        value = static_cast<std::uint32_t>(packet[place] << 24 | packet[place + 1] << 16 |
                                           packet[place + 2] << 8 | packet[place + 3]);
        break;
      case 0x30:
        if (place >= packet.size()) return 0;
        value = packet[place];
        break;
      case 0x54:
        value &= step.operand;
        break;
      case 0x05:
        at += step.operand;
        break;
      case 0x15:
        at += value == step.operand ? step.on_true : step.on_false;
        break;
      case 0x35:
        at += value >= step.operand ? step.on_true : step.on_false;
        break;
      case 0x06:
        return step.operand;
      default:
        return {};
    }
  }
  return {};
}

AddressPrefix prefix(const char* text) {
  const auto rule = parse_access_rule(text);
  EXPECT_TRUE(rule && rule->kind == AccessRule::Kind::Address) << text;
  return rule ? rule->network : AddressPrefix();
}

std::vector<AddressPrefix> prefixes(const std::vector<const char*>& texts) {
  std::vector<AddressPrefix> out;
  for (const char* text : texts) out.push_back(prefix(text));
  return out;
}

// A packet from an address, which is one of IPv4 where the text is.
Packet packet_from(const AddressPrefix& source) {
  Packet out(40);
  out[0] = source.is_v6 ? 0x60 : 0x45;
  std::copy_n(source.octets.begin(), source.is_v6 ? 16 : 4, out.begin() + (source.is_v6 ? 8 : 12));
  return out;
}

Packet mapped_packet_from(const AddressPrefix& v4) {
  Packet out(40);
  out[0] = 0x60;
  out[18] = out[19] = 0xff;
  std::copy_n(v4.octets.begin(), 4, out.begin() + 20);
  return out;
}

bool holds(const AddressPrefix& network, const AddressPrefix& address) {
  if (network.is_v6 != address.is_v6) return false;
  for (unsigned bit = 0; bit < network.bits; ++bit) {
    const unsigned mask = 0x80U >> bit % 8;
    if ((network.octets[bit / 8] & mask) != (address.octets[bit / 8] & mask)) return false;
  }
  return true;
}

// The rules by the letter, without any tree.
bool is_let_in(const AddressRules& rules, const AddressPrefix& address) {
  int allowed = -1;
  int denied = -1;
  if (rules.allow) {
    for (const auto& each : *rules.allow) {
      if (holds(each, address)) allowed = std::max(allowed, static_cast<int>(each.bits));
    }
  }
  for (const auto& each : rules.deny) {
    if (holds(each, address)) denied = std::max(denied, static_cast<int>(each.bits));
  }
  if (allowed < 0 && denied < 0) return !rules.allow;
  return allowed > denied;
}

bool lets_in(const AddressFilter& filter, const Packet& packet) {
  const auto kept = run(filter, packet);
  EXPECT_TRUE(kept && (*kept == 0 || *kept == 0xffffffffU));
  return kept && *kept != 0;
}

TEST(AddressFilter, WithoutRulesLetsEverybodyInAndWithAnEmptyListNobody) {
  const auto open = make_address_filter({});
  const auto shut = make_address_filter({std::vector<AddressPrefix>(), {}});
  for (const char* text : {"127.0.0.1", "0.0.0.0", "255.255.255.255", "::1", "::", "ffff::"}) {
    EXPECT_TRUE(lets_in(open, packet_from(prefix(text)))) << text;
    EXPECT_FALSE(lets_in(shut, packet_from(prefix(text)))) << text;
    EXPECT_FALSE(lets_in(closed_filter(), packet_from(prefix(text)))) << text;
  }
}

TEST(AddressFilter, TheMostSpecificRuleDecidesAndDenyBetweenEqualOnes) {
  const auto filter =
      make_address_filter({prefixes({"10.0.0.0/8", "10.1.2.3", "192.0.2.0/24", "2001:db8::/32"}),
                           prefixes({"10.1.0.0/16", "192.0.2.0/24", "2001:db8:1::/48"})});
  for (const char* text : {"10.0.0.0", "10.255.255.255", "10.1.2.3", "2001:db8::1", "2001:db8:2::"})
    EXPECT_TRUE(lets_in(filter, packet_from(prefix(text)))) << text;
  for (const char* text : {"9.255.255.255", "11.0.0.0", "10.1.0.0", "10.1.255.255", "10.1.2.4",
                           "192.0.2.1", "2001:db8:1::1", "2001:db9::", "::1"})
    EXPECT_FALSE(lets_in(filter, packet_from(prefix(text)))) << text;
}

TEST(AddressFilter, TakesAMappedAddressForOneOfIpv4AndNothingElseForOne) {
  const auto some = make_address_filter({prefixes({"10.0.0.0/8"}), {}});
  EXPECT_TRUE(lets_in(some, mapped_packet_from(prefix("10.1.1.1"))));
  EXPECT_FALSE(lets_in(some, mapped_packet_from(prefix("11.1.1.1"))));
  const auto v6 = make_address_filter({prefixes({"::/0"}), {}});
  EXPECT_TRUE(lets_in(v6, packet_from(prefix("2001:db8::1"))));
  EXPECT_TRUE(lets_in(v6, packet_from(prefix("::fffe:a01:101"))));
  EXPECT_FALSE(lets_in(v6, mapped_packet_from(prefix("10.1.1.1"))));
  EXPECT_FALSE(lets_in(v6, packet_from(prefix("10.1.1.1"))));
}

TEST(AddressFilter, LetsNothingInThatIsNoIp) {
  const auto open = make_address_filter({});
  for (const Packet& packet : {Packet(), Packet(40), Packet(40, 0x70), Packet(3, 0x45)}) {
    const auto kept = run(open, packet);
    EXPECT_TRUE(kept && *kept == 0);
  }
}

class RandomRules {
 public:
  explicit RandomRules(unsigned seed) : random_(seed) {}

  std::uint32_t number(std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(0, most)(random_);
  }

  // Few different octets, so that networks lie in and beside each other; also the outermost ones.
  AddressPrefix address(bool is_v6) {
    static constexpr std::array<std::uint8_t, 6> kOctets{0, 1, 0x7f, 0x80, 0xfe, 0xff};
    AddressPrefix out;
    out.is_v6 = is_v6;
    out.bits = is_v6 ? 128 : 32;
    for (std::size_t i = 0; i < (is_v6 ? 16U : 4U); ++i) out.octets[i] = kOctets[number(5)];
    return out;
  }

  AddressPrefix network() {
    auto out = address(number(1) == 0);
    out.bits = static_cast<std::uint8_t>(number(out.bits));
    for (unsigned bit = out.bits; bit < 128; ++bit) {
      out.octets[bit / 8] = static_cast<std::uint8_t>(out.octets[bit / 8] & ~(0x80U >> bit % 8));
    }
    return out;
  }

  AddressRules rules(std::uint32_t most) {
    AddressRules out;
    if (number(3) != 0) out.allow.emplace();
    for (auto i = number(most); out.allow && i > 0; --i) out.allow->push_back(network());
    for (auto i = number(most); i > 0; --i) out.deny.push_back(network());
    return out;
  }

 private:
  std::mt19937 random_;
};

// Addresses at the borders of every rule, and others.
std::vector<AddressPrefix> addresses_for(const AddressRules& rules, RandomRules& random) {
  std::vector<AddressPrefix> out;
  const auto add_borders = [&out](AddressPrefix network) {
    const unsigned most = network.is_v6 ? 128 : 32;
    const auto bits = network.bits;
    network.bits = static_cast<std::uint8_t>(most);
    out.push_back(network);
    for (unsigned bit = bits; bit < most; ++bit) {
      network.octets[bit / 8] =
          static_cast<std::uint8_t>(network.octets[bit / 8] | 0x80U >> bit % 8);
    }
    out.push_back(network);
    for (unsigned octet = most / 8; octet-- > 0 && ++network.octets[octet] == 0;) {
    }
    out.push_back(network);
  };
  if (rules.allow) std::for_each(rules.allow->begin(), rules.allow->end(), add_borders);
  std::for_each(rules.deny.begin(), rules.deny.end(), add_borders);
  for (int i = 0; i < 50; ++i) out.push_back(random.address(i % 2 == 0));
  return out;
}

bool is_mapped(const AddressPrefix& address) {
  return address.is_v6 &&
         std::all_of(address.octets.begin(), address.octets.begin() + 10,
                     [](auto octet) { return octet == 0; }) &&
         address.octets[10] == 0xff && address.octets[11] == 0xff;
}

TEST(AddressFilter, AgreesWithTheRulesByTheLetter) {
  RandomRules random(7);
  for (int round = 0; round < 400; ++round) {
    const auto rules = random.rules(round % 10 == 0 ? 300 : 12);
    const auto filter = make_address_filter(rules);
    for (const auto& address : addresses_for(rules, random)) {
      if (is_mapped(address)) continue;
      ASSERT_EQ(lets_in(filter, packet_from(address)), is_let_in(rules, address))
          << "round " << round << ", " << address.text();
      if (address.is_v6) continue;
      ASSERT_EQ(lets_in(filter, mapped_packet_from(address)), is_let_in(rules, address))
          << "round " << round << ", mapped " << address.text();
    }
  }
}

TEST(AddressFilter, EndsEveryPathInsideOfItself) {
  RandomRules random(11);
  for (int round = 0; round < 50; ++round) {
    const auto filter = make_address_filter(random.rules(400));
    for (std::size_t at = 0; at < filter.size(); ++at) {
      const auto& step = filter[at];
      const std::size_t farthest =
          step.code == 0x05 ? step.operand : std::max(step.on_true, step.on_false);
      ASSERT_LT(at + farthest, filter.size() - 1 + (step.code == 0x06 ? 1 : 0));
    }
    ASSERT_EQ(filter.back().code, 0x06);
  }
}

TEST(AddressFilter, HasRoomForAThousandRules) {
  AddressRules rules;
  rules.allow.emplace();
  for (unsigned i = 0; i < 1000; ++i) {
    AddressPrefix network;
    network.octets = {10};
    network.octets[2] = static_cast<std::uint8_t>(i % 125 * 2);
    network.octets[1] = static_cast<std::uint8_t>(i / 125);
    network.bits = 24;
    rules.allow->push_back(network);
  }
  EXPECT_LE(make_address_filter(rules).size(), kMostFilterSteps + 0U);
  rules.deny = *rules.allow;
  EXPECT_LT(make_address_filter(rules).size(), 30U);  // nobody is left
}

}  // namespace
}  // namespace uvinetd::testing
