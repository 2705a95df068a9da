// SPDX-License-Identifier: ISC
#include "core/base/ban_list.h"

#include <gtest/gtest.h>

#include <random>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

Source source(const char* text) {
  const auto parsed = parse_source(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Source());
}

TEST(BanList, HoldsAnAddressUntilItsTime) {
  BanList bans;
  EXPECT_TRUE(bans.is_empty());
  EXPECT_FALSE(bans.holds(source("192.0.2.1"), 0ms));
  EXPECT_TRUE(bans.add({source("192.0.2.1"), 1'000ms}, 0ms));
  EXPECT_TRUE(bans.holds(source("192.0.2.1"), 999ms));
  EXPECT_FALSE(bans.holds(source("192.0.2.2"), 999ms));
  EXPECT_FALSE(bans.holds(source("192.0.2.1"), 1'000ms));
  EXPECT_TRUE(bans.is_empty());
}

TEST(BanList, AMappedAddressIsTheV4Address) {
  BanList bans;
  bans.add({source("192.0.2.1"), 1h}, 0ms);
  EXPECT_TRUE(bans.holds(source_of(*SocketAddress::parse_ip("::ffff:192.0.2.1", 5)), 0ms));
  EXPECT_FALSE(bans.holds(source("::192.0.2.1"), 0ms));
}

TEST(BanList, APrefixHoldsWhatIsInIt) {
  BanList bans;
  bans.add({source("192.0.2.0/24"), 1h}, 0ms);
  bans.add({source("2001:db8::/32"), 1h}, 0ms);
  EXPECT_TRUE(bans.holds(source("192.0.2.255"), 0ms));
  EXPECT_FALSE(bans.holds(source("192.0.3.0"), 0ms));
  EXPECT_TRUE(bans.holds(source("2001:db8:ffff::1"), 0ms));
  EXPECT_FALSE(bans.holds(source("2001:db9::"), 0ms));
  bans.add({source("0.0.0.0/0"), 1h}, 0ms);
  EXPECT_TRUE(bans.holds(source("198.51.100.1"), 0ms));
  EXPECT_FALSE(bans.holds(source("2001:db9::"), 0ms));
}

TEST(BanList, TheLaterOfTwoTimesHolds) {
  BanList bans;
  EXPECT_TRUE(bans.add({source("192.0.2.1"), 2'000ms}, 0ms));
  EXPECT_FALSE(bans.add({source("192.0.2.1"), 1'000ms}, 0ms));
  EXPECT_TRUE(bans.holds(source("192.0.2.1"), 1'500ms));
  EXPECT_TRUE(bans.add({source("192.0.2.1"), BanList::kForEver}, 1'500ms));
  EXPECT_TRUE(bans.holds(source("192.0.2.1"), 100'000h));
  EXPECT_EQ(bans.size(), 1U);
}

TEST(BanList, WhatHasEndedIsNotAdded) {
  BanList bans;
  EXPECT_FALSE(bans.add({source("192.0.2.1"), 1'000ms}, 1'000ms));
  EXPECT_TRUE(bans.is_empty());
}

TEST(BanList, ABanIsLiftedByTheNameThatItWasMadeBy) {
  BanList bans;
  bans.add({source("192.0.2.0/24"), 1h}, 0ms);
  EXPECT_FALSE(bans.remove(source("192.0.2.1")));
  EXPECT_TRUE(bans.remove(source("192.0.2.0/24")));
  EXPECT_FALSE(bans.remove(source("192.0.2.0/24")));
  EXPECT_FALSE(bans.holds(source("192.0.2.1"), 0ms));
}

TEST(BanList, FullItLosesTheOneThatEndsFirst) {
  BanList bans(2);
  EXPECT_TRUE(bans.add({source("192.0.2.1"), 20ms}, 0ms));
  EXPECT_TRUE(bans.add({source("192.0.2.2"), 10ms}, 0ms));
  EXPECT_FALSE(bans.add({source("192.0.2.3"), 5ms}, 0ms));
  EXPECT_TRUE(bans.add({source("192.0.2.4"), 30ms}, 0ms));
  EXPECT_EQ(bans.size(), 2U);
  EXPECT_TRUE(bans.holds(source("192.0.2.1"), 0ms));
  EXPECT_FALSE(bans.holds(source("192.0.2.2"), 0ms));
  EXPECT_FALSE(bans.holds(source("192.0.2.3"), 0ms));
  EXPECT_TRUE(bans.holds(source("192.0.2.4"), 0ms));
}

TEST(BanList, IsListed) {
  BanList bans;
  bans.add({source("192.0.2.2"), 1h}, 0ms);
  bans.add({source("192.0.2.1"), 2h}, 0ms);
  const std::vector<Ban> expected{{source("192.0.2.1"), 2h}, {source("192.0.2.2"), 1h}};
  EXPECT_EQ(bans.list(), expected);
}

TEST(BanList, DecidesAsAPlainListDoes) {
  std::minstd_rand random(11);
  const auto any_source = [&] {
    Source out;
    out.low = random() % 16;
    out.high = random() % 4;
    out.bits = 128;
    return prefix_of(out, 118 + static_cast<std::uint32_t>(random() % 11));
  };
  BanList bans(1'000);
  std::map<Source, std::chrono::milliseconds> plain;
  std::chrono::milliseconds now(0);
  for (int i = 0; i < 5'000; ++i) {
    now += std::chrono::milliseconds(random() % 3);
    const auto who = any_source();
    if (random() % 4 == 0) {
      const auto until = now + std::chrono::milliseconds(random() % 100);
      bans.add({who, until}, now);
      plain[who] = std::max(plain[who], until);
    } else if (random() % 8 == 0) {
      bans.remove(who);
      plain.erase(who);
    }
    Source asked{random() % 4, random() % 16, 128};
    const bool expected = std::any_of(plain.begin(), plain.end(), [&](const auto& each) {
      return each.second > now && prefix_of(asked, each.first.bits) == each.first;
    });
    ASSERT_EQ(bans.holds(asked, now), expected) << i;
  }
}

TEST(ParseSource, ReadsAddressesAndPrefixesAndPrintsThem) {
  for (const char* text :
       {"192.0.2.1", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "::/0", "2001:db8::1", "::1"}) {
    const auto parsed = parse_source(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(source_text(*parsed), text);
  }
  EXPECT_EQ(source_text(*parse_source("::ffff:192.0.2.1")), "192.0.2.1");
}

TEST(ParseSource, RefusesEverythingElse) {
  for (const char* text :
       {"", "/", "192.0.2.1/", "192.0.2.1/33", "192.0.2.1/-1", "192.0.2.1/24", "192.0.2.0/24x",
        "::1/129", "2001:db8::1/64", "host", "fe80::1%lo", "192.0.2.1 ", "1.2.3"}) {
    EXPECT_FALSE(parse_source(text)) << text;
  }
}

}  // namespace
}  // namespace uvinetd
