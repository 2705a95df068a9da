// SPDX-License-Identifier: ISC
#include "core/reactor/admission/source_limits.h"

#include <gtest/gtest.h>

#include <string>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;
using Verdict = SourceLimits::Verdict;

SocketAddress address(const std::string& text, std::uint16_t port = 1000) {
  return *SocketAddress::parse_ip(text, port);
}

// A different IPv4 source for each number.
SocketAddress numbered(std::uint32_t number) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(0x0a000000U + number);
  return SocketAddress(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
}

int starts_allowed(MinuteRate& rate, std::uint32_t most, std::chrono::milliseconds now, int tries) {
  int allowed = 0;
  for (int i = 0; i < tries; ++i) {
    if (!rate.allows(most, now)) continue;
    rate.count(now);
    ++allowed;
  }
  return allowed;
}

TEST(MinuteRate, AllowsExactlySoManyInTheWindowOfTheFirstStart) {
  MinuteRate rate;
  EXPECT_EQ(starts_allowed(rate, 3, 5'000ms, 10), 3);
  EXPECT_EQ(starts_allowed(rate, 3, 64'999ms, 10), 0);
  EXPECT_EQ(starts_allowed(rate, 3, 65'000ms, 10), 3);
}

TEST(MinuteRate, SpreadStartsCountInTheWindowThatTheyFallInto) {
  MinuteRate rate;
  EXPECT_EQ(starts_allowed(rate, 3, 0ms, 1), 1);
  EXPECT_EQ(starts_allowed(rate, 3, 59'000ms, 5), 2);
  EXPECT_EQ(starts_allowed(rate, 3, 59'999ms, 5), 0);
  // The window began with its first start, and the next one begins when it is over.
  EXPECT_EQ(starts_allowed(rate, 3, 60'000ms, 5), 3);
}

TEST(MinuteRate, TellsHowLongTheWindowStillLasts) {
  MinuteRate rate;
  EXPECT_EQ(starts_allowed(rate, 1, 1'000ms, 2), 1);
  EXPECT_EQ(rate.wait(1'000ms), 60'000ms);
  EXPECT_EQ(rate.wait(60'500ms), 500ms);
  EXPECT_TRUE(rate.allows(1, 1'000ms + rate.wait(1'000ms)));
  EXPECT_FALSE(rate.allows(1, 1'000ms + rate.wait(1'000ms) - 1ms));
}

TEST(MinuteRate, WithoutALimitNeverSaysNo) {
  MinuteRate rate;
  EXPECT_EQ(starts_allowed(rate, 0, 0ms, 100'000), 100'000);
}

TEST(SourceLimits, AllowsExactlySoManyAtOnceFromOneAddress) {
  SourceLimits limits;
  const auto one = address("192.0.2.1");
  EXPECT_EQ(limits.admit(1, one, 2, 0, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, address("192.0.2.1", 2000), 2, 0, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, one, 2, 0, 0ms), Verdict::TooManyInstances);
  EXPECT_EQ(limits.admit(1, address("192.0.2.2"), 2, 0, 0ms), Verdict::Allowed);
  limits.ended(1, one);
  EXPECT_EQ(limits.admit(1, one, 2, 0, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, one, 2, 0, 0ms), Verdict::TooManyInstances);
}

TEST(SourceLimits, AllowsExactlySoManyStartsAMinuteFromOneAddress) {
  SourceLimits limits;
  const auto one = address("192.0.2.1");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(limits.admit(1, one, 0, 3, 1'000ms), Verdict::Allowed);
    limits.ended(1, one);
  }
  EXPECT_EQ(limits.admit(1, one, 0, 3, 60'999ms), Verdict::TooManyStarts);
  EXPECT_EQ(limits.admit(1, one, 0, 3, 61'000ms), Verdict::Allowed);
}

TEST(SourceLimits, ARefusedClientIsNotCounted) {
  SourceLimits limits;
  const auto one = address("192.0.2.1");
  EXPECT_EQ(limits.admit(1, one, 1, 2, 0ms), Verdict::Allowed);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(limits.admit(1, one, 1, 2, 0ms), Verdict::TooManyInstances);
  }
  limits.ended(1, one);
  EXPECT_EQ(limits.admit(1, one, 1, 2, 0ms), Verdict::Allowed);
}

TEST(SourceLimits, ServicesAreCountedApart) {
  SourceLimits limits;
  const auto one = address("192.0.2.1");
  EXPECT_EQ(limits.admit(1, one, 1, 0, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(2, one, 1, 0, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, one, 1, 0, 0ms), Verdict::TooManyInstances);
}

TEST(SourceLimits, AMappedAddressIsTheV4Address) {
  SourceLimits limits;
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), 1, 0, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, address("::ffff:192.0.2.1"), 1, 0, 0ms), Verdict::TooManyInstances);
  EXPECT_EQ(limits.admit(1, address("::ffff:192.0.2.2"), 1, 0, 0ms), Verdict::Allowed);
  limits.ended(1, address("::ffff:192.0.2.1"));
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), 1, 0, 0ms), Verdict::Allowed);
}

TEST(SourceLimits, ASixtyFourIsOneSource) {
  SourceLimits limits;
  EXPECT_EQ(limits.admit(1, address("2001:db8:0:1::1"), 1, 0, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, address("2001:db8:0:1:ffff::9"), 1, 0, 0ms), Verdict::TooManyInstances);
  EXPECT_EQ(limits.admit(1, address("2001:db8:0:2::1"), 1, 0, 0ms), Verdict::Allowed);
}

TEST(SourceLimits, AV6PrefixThatLooksLikeAV4AddressIsAnotherSource) {
  SourceLimits limits;
  // The first eight bytes of the v6 address hold the bytes of the v4 one.
  EXPECT_EQ(limits.admit(1, address("2001:db8::1"), 1, 0, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, address("32.1.13.184"), 1, 0, 0ms), Verdict::Allowed);
}

TEST(SourceLimits, UnixClientsHaveNoSourceAndNoLimit) {
  SourceLimits limits;
  const auto unix = *SocketAddress::unix_path("/run/x");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limits.admit(1, unix, 1, 1, 0ms), Verdict::Allowed);
  limits.ended(1, unix);
  limits.adopt(1, SocketAddress());
}

TEST(SourceLimits, AnAdoptedServerCounts) {
  SourceLimits limits;
  limits.adopt(1, address("192.0.2.1"));
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), 1, 0, 0ms), Verdict::TooManyInstances);
  limits.ended(1, address("192.0.2.1"));
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), 1, 0, 0ms), Verdict::Allowed);
}

TEST(SourceLimits, EndsThatNobodyCountedAreIgnored) {
  SourceLimits limits;
  limits.ended(1, address("192.0.2.1"));
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), 1, 0, 0ms), Verdict::Allowed);
  limits.ended(1, address("192.0.2.1"));
  limits.ended(1, address("192.0.2.1"));
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), 1, 0, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), 1, 0, 0ms), Verdict::TooManyInstances);
}

void fill(SourceLimits& limits, std::chrono::milliseconds now) {
  for (std::uint32_t i = 0; i < SourceLimits::kMost; ++i) {
    ASSERT_EQ(limits.admit(1, numbered(i), 1, 0, now), Verdict::Allowed) << i;
  }
}

TEST(SourceLimits, FullOfLiveEntriesItRefusesANewcomerAndForgetsNobody) {
  SourceLimits limits;
  fill(limits, 0ms);
  EXPECT_EQ(limits.admit(1, numbered(1'000'000), 1, 0, 120'000ms), Verdict::TooManyStarts);
  EXPECT_EQ(limits.admit(1, numbered(0), 1, 0, 120'000ms), Verdict::TooManyInstances);
  EXPECT_EQ(limits.admit(1, numbered(SourceLimits::kMost - 1), 1, 0, 120'000ms),
            Verdict::TooManyInstances);
}

TEST(SourceLimits, EntriesThatCountNothingAnyMoreMakeRoom) {
  SourceLimits limits;
  fill(limits, 0ms);
  for (std::uint32_t i = 0; i < 100; ++i) limits.ended(1, numbered(i));
  // Their minute still counts.
  EXPECT_EQ(limits.admit(1, numbered(1'000'000), 1, 0, 30'000ms), Verdict::TooManyStarts);
  for (std::uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(limits.admit(1, numbered(1'000'000 + i), 1, 0, 60'000ms), Verdict::Allowed) << i;
  }
  EXPECT_EQ(limits.admit(1, numbered(2'000'000), 1, 0, 61'000ms), Verdict::TooManyStarts);
}

TEST(SourceLimits, AFullTableIsSweptAtMostOnceASecond) {
  SourceLimits limits;
  fill(limits, 0ms);
  EXPECT_EQ(limits.admit(1, numbered(1'000'000), 1, 0, 60'000ms), Verdict::TooManyStarts);
  limits.ended(1, numbered(0));
  EXPECT_EQ(limits.admit(1, numbered(1'000'000), 1, 0, 60'999ms), Verdict::TooManyStarts);
  EXPECT_EQ(limits.admit(1, numbered(1'000'000), 1, 0, 61'000ms), Verdict::Allowed);
}

}  // namespace
}  // namespace uvinetd
