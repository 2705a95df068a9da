// SPDX-License-Identifier: ISC
#include "core/reactor/name_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

TEST(NameCache, RemembersANameForLongerThanThatThereIsNone) {
  NameCache cache;
  cache.set("192.0.2.1", "a.example", 0ms);
  cache.set("192.0.2.2", "", 0ms);
  EXPECT_EQ(cache.find("192.0.2.1", NameCache::kNamed - 1ms), "a.example");
  EXPECT_EQ(cache.find("192.0.2.1", NameCache::kNamed), std::nullopt);
  EXPECT_EQ(cache.find("192.0.2.2", NameCache::kUnnamed - 1ms), "");
  EXPECT_EQ(cache.find("192.0.2.2", NameCache::kUnnamed), std::nullopt);
  EXPECT_EQ(cache.find("192.0.2.3", 0ms), std::nullopt);
}

TEST(NameCache, TheNewestAnswerCounts) {
  NameCache cache;
  cache.set("192.0.2.1", "a.example", 0ms);
  cache.set("192.0.2.1", "b.example", 1ms);
  EXPECT_EQ(cache.find("192.0.2.1", 2ms), "b.example");
  EXPECT_EQ(cache.size(), 1U);
}

TEST(NameCache, IsBoundedAndTheOldestGoes) {
  NameCache cache;
  const auto address = [](std::size_t number) { return "2001:db8::" + std::to_string(number); };
  for (std::size_t i = 0; i < NameCache::kMost; ++i) cache.set(address(i), "a.example", 0ms);
  cache.set(address(0), "renewed.example", 1ms);
  for (std::size_t i = 0; i < 10; ++i) cache.set(address(NameCache::kMost + i), "b.example", 2ms);
  EXPECT_EQ(cache.size(), NameCache::kMost);
  EXPECT_EQ(cache.find(address(0), 3ms), "renewed.example");
  for (std::size_t i = 1; i <= 10; ++i) EXPECT_EQ(cache.find(address(i), 3ms), std::nullopt) << i;
  EXPECT_EQ(cache.find(address(11), 3ms), "a.example");
}

}  // namespace
}  // namespace uvinetd
