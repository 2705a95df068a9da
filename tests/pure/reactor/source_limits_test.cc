// SPDX-License-Identifier: ISC
#include "core/reactor/admission/source_limits.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <string>

#ifdef __GLIBC__
#include <malloc.h>
#endif

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

SourceShare at_once(std::uint32_t instances) {
  SourceShare share;
  share.instances = instances;
  return share;
}

SourceShare per_minute(std::uint32_t starts) {
  SourceShare share;
  share.starts_per_minute = starts;
  return share;
}

SourceShare bucket(std::uint32_t count, std::uint32_t per_seconds, std::uint32_t burst) {
  SourceShare share;
  share.rate = {count, burst, per_seconds * 1000};
  return share;
}

TEST(SourceLimits, AllowsExactlySoManyAtOnceFromOneAddress) {
  SourceLimits limits;
  const auto one = address("192.0.2.1");
  EXPECT_EQ(limits.admit(1, one, at_once(2), 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, address("192.0.2.1", 2000), at_once(2), 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, one, at_once(2), 0ms), Verdict::TooManyInstances);
  EXPECT_EQ(limits.admit(1, address("192.0.2.2"), at_once(2), 0ms), Verdict::Allowed);
  limits.ended(1, one, 64);
  EXPECT_EQ(limits.admit(1, one, at_once(2), 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, one, at_once(2), 0ms), Verdict::TooManyInstances);
}

TEST(SourceLimits, AllowsExactlySoManyStartsAMinuteFromOneAddress) {
  SourceLimits limits;
  const auto one = address("192.0.2.1");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(limits.admit(1, one, per_minute(3), 1'000ms), Verdict::Allowed);
    limits.ended(1, one, 64);
  }
  EXPECT_EQ(limits.admit(1, one, per_minute(3), 60'999ms), Verdict::TooManyStarts);
  EXPECT_EQ(limits.admit(1, one, per_minute(3), 61'000ms), Verdict::Allowed);
}

TEST(SourceLimits, ABucketLetsItsBurstInAndThenOneForEachInterval) {
  SourceLimits limits;
  const auto share = bucket(6, 60, 2);  // one in ten seconds
  const auto one = address("192.0.2.1");
  EXPECT_EQ(limits.admit(1, one, share, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, one, share, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, one, share, 9'999ms), Verdict::TooManyStarts);
  EXPECT_EQ(limits.admit(1, one, share, 10'000ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, one, share, 19'999ms), Verdict::TooManyStarts);
  EXPECT_EQ(limits.admit(1, address("192.0.2.2"), share, 10'000ms), Verdict::Allowed);
}

TEST(SourceLimits, ARefusedClientIsNotCounted) {
  SourceLimits limits;
  auto share = at_once(1);
  share.starts_per_minute = 2;
  const auto one = address("192.0.2.1");
  EXPECT_EQ(limits.admit(1, one, share, 0ms), Verdict::Allowed);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(limits.admit(1, one, share, 0ms), Verdict::TooManyInstances);
  }
  limits.ended(1, one, 64);
  EXPECT_EQ(limits.admit(1, one, share, 0ms), Verdict::Allowed);
}

TEST(SourceLimits, OneThatIsOnlyLookedAtIsNotCounted) {
  SourceLimits limits;
  const auto one = address("192.0.2.1");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(limits.admit(1, one, at_once(1), 0ms, false), Verdict::Allowed);
  }
  EXPECT_EQ(limits.instances_of(1, one, 64), 0U);
  EXPECT_EQ(limits.admit(1, one, at_once(1), 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, one, at_once(1), 0ms, false), Verdict::TooManyInstances);
}

TEST(SourceLimits, ServicesAreCountedApart) {
  SourceLimits limits;
  const auto one = address("192.0.2.1");
  EXPECT_EQ(limits.admit(1, one, at_once(1), 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(2, one, at_once(1), 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, one, at_once(1), 0ms), Verdict::TooManyInstances);
}

TEST(SourceLimits, AMappedAddressIsTheV4Address) {
  SourceLimits limits;
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), at_once(1), 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, address("::ffff:192.0.2.1"), at_once(1), 0ms),
            Verdict::TooManyInstances);
  EXPECT_EQ(limits.admit(1, address("::ffff:192.0.2.2"), at_once(1), 0ms), Verdict::Allowed);
  limits.ended(1, address("::ffff:192.0.2.1"), 64);
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), at_once(1), 0ms), Verdict::Allowed);
}

TEST(SourceLimits, APrefixIsOneSource) {
  SourceLimits limits;
  EXPECT_EQ(limits.admit(1, address("2001:db8:0:1::1"), at_once(1), 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, address("2001:db8:0:1:ffff::9"), at_once(1), 0ms),
            Verdict::TooManyInstances);
  EXPECT_EQ(limits.admit(1, address("2001:db8:0:2::1"), at_once(1), 0ms), Verdict::Allowed);
}

TEST(SourceLimits, HowLongThePrefixIsIsTheServicesMatter) {
  SourceLimits limits;
  auto wide = at_once(1);
  wide.prefix_v6 = 48;
  EXPECT_EQ(limits.admit(1, address("2001:db8:0:1::1"), wide, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, address("2001:db8:0:2::1"), wide, 0ms), Verdict::TooManyInstances);
  EXPECT_EQ(limits.admit(1, address("2001:db8:1:1::1"), wide, 0ms), Verdict::Allowed);
  auto whole = at_once(1);
  whole.prefix_v6 = 128;
  EXPECT_EQ(limits.admit(2, address("2001:db8::1"), whole, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(2, address("2001:db8::2"), whole, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(2, address("2001:db8::2"), whole, 0ms), Verdict::TooManyInstances);
  auto all = at_once(1);
  all.prefix_v6 = 0;
  EXPECT_EQ(limits.admit(3, address("2001:db8::1"), all, 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(3, address("fe80::1"), all, 0ms), Verdict::TooManyInstances);
  EXPECT_EQ(limits.admit(3, address("192.0.2.1"), all, 0ms), Verdict::Allowed);
}

TEST(SourceLimits, UnixClientsHaveNoSourceAndNoLimit) {
  SourceLimits limits;
  const auto unix = *SocketAddress::unix_path("/run/x");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limits.admit(1, unix, at_once(1), 0ms), Verdict::Allowed);
  limits.ended(1, unix, 64);
  limits.adopt(1, SocketAddress(), 64);
  EXPECT_EQ(limits.size(), 0U);
}

TEST(SourceLimits, AnAdoptedServerCounts) {
  SourceLimits limits;
  limits.adopt(1, address("192.0.2.1"), 64);
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), at_once(1), 0ms), Verdict::TooManyInstances);
  limits.ended(1, address("192.0.2.1"), 64);
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), at_once(1), 0ms), Verdict::Allowed);
}

TEST(SourceLimits, EndsThatNobodyCountedAreIgnored) {
  SourceLimits limits;
  limits.ended(1, address("192.0.2.1"), 64);
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), at_once(1), 0ms), Verdict::Allowed);
  limits.ended(1, address("192.0.2.1"), 64);
  limits.ended(1, address("192.0.2.1"), 64);
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), at_once(1), 0ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, address("192.0.2.1"), at_once(1), 0ms), Verdict::TooManyInstances);
}

TEST(SourceLimits, FullOfRunningOnesItRefusesANewcomerAndForgetsNobody) {
  SourceLimits limits;
  for (std::uint32_t i = 0; i < SourceLimits::kMost; ++i) {
    ASSERT_EQ(limits.admit(1, numbered(i), at_once(1), 0ms), Verdict::Allowed) << i;
  }
  EXPECT_EQ(limits.admit(1, numbered(1'000'000), at_once(1), 1h), Verdict::TooManyStarts);
  EXPECT_EQ(limits.admit(1, numbered(0), at_once(1), 1h), Verdict::TooManyInstances);
  limits.ended(1, numbered(7), 64);
  EXPECT_EQ(limits.admit(1, numbered(1'000'000), at_once(1), 1h), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, numbered(8), at_once(1), 1h), Verdict::TooManyInstances);
  EXPECT_EQ(limits.size(), SourceLimits::kMost);
}

TEST(SourceLimits, WhoWasSeenLeastRecentlyMakesRoom) {
  SourceLimits limits(3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(limits.admit(1, numbered(i), per_minute(1), 0ms), Verdict::Allowed);
    limits.ended(1, numbered(i), 64);
  }
  // A refusal is being seen, too.
  EXPECT_EQ(limits.admit(1, numbered(0), per_minute(1), 1ms), Verdict::TooManyStarts);
  EXPECT_EQ(limits.admit(1, numbered(3), per_minute(1), 2ms), Verdict::Allowed);
  EXPECT_EQ(limits.admit(1, numbered(0), per_minute(1), 3ms), Verdict::TooManyStarts);
  EXPECT_EQ(limits.admit(1, numbered(2), per_minute(1), 3ms), Verdict::TooManyStarts);
  EXPECT_EQ(limits.admit(1, numbered(1), per_minute(1), 3ms), Verdict::Allowed);
}

std::size_t allocated() {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  return mallinfo2().uordblks + mallinfo2().hblkhd;
#else
  return 0;
#endif
}

TEST(SourceLimits, AMillionSourcesTakeNoMoreMemoryThanTheFirst) {
  SourceLimits limits;
  auto share = at_once(1);
  share.rate = {10, 20, 60'000};
  const auto busy = address("192.0.2.1");
  ASSERT_EQ(limits.admit(1, busy, share, 0ms), Verdict::Allowed);
  const auto before = allocated();
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    const std::chrono::milliseconds now(i / 100);
    ASSERT_EQ(limits.admit(1, numbered(i), share, now), Verdict::Allowed) << i;
    limits.ended(1, numbered(i), 64);
  }
  EXPECT_EQ(allocated(), before);
  EXPECT_EQ(limits.size(), SourceLimits::kMost);
  EXPECT_EQ(limits.admit(1, busy, share, 10s), Verdict::TooManyInstances);
  EXPECT_EQ(limits.instances_of(1, busy, 64), 1U);
}

// The same in the plainest way: a list of all sources by when they were seen.
class NaiveLimits {
 public:
  explicit NaiveLimits(std::size_t most) : most_(most) {}

  Verdict admit(std::uint32_t source, const SourceShare& share, std::chrono::milliseconds now) {
    if (!uses_.contains(source)) {
      if (uses_.size() == most_ && !forget_oldest()) return Verdict::TooManyStarts;
      uses_[source] = {};
    }
    see(source);
    auto& use = uses_[source];
    if (share.instances != 0 && use.instances >= share.instances) return Verdict::TooManyInstances;
    if (!has_minute(use, share, now) || !use.bucket.allows(share.rate, now)) {
      return Verdict::TooManyStarts;
    }
    if (use.starts++ == 0) use.first = now;
    use.bucket.take(share.rate, now);
    ++use.instances;
    return Verdict::Allowed;
  }
  void ended(std::uint32_t source) {
    const auto use = uses_.find(source);
    if (use == uses_.end() || use->second.instances == 0) return;
    if (--use->second.instances == 0) see(source);
  }
  std::uint32_t instances_of(std::uint32_t source) {
    return uses_.contains(source) ? uses_[source].instances : 0;
  }

 private:
  struct Use {
    std::uint32_t instances = 0;
    std::uint32_t starts = 0;
    std::chrono::milliseconds first{0};
    TokenBucket bucket;
  };
  static bool has_minute(Use& use, const SourceShare& share, std::chrono::milliseconds now) {
    if (now - use.first >= 60s) use.starts = 0;
    return share.starts_per_minute == 0 || use.starts < share.starts_per_minute;
  }
  void see(std::uint32_t source) {
    std::erase(seen_, source);
    seen_.push_back(source);
  }
  bool forget_oldest() {
    for (const auto source : seen_) {
      if (uses_[source].instances != 0) continue;
      uses_.erase(source);
      std::erase(seen_, source);
      return true;
    }
    return false;
  }

  std::size_t most_;
  std::map<std::uint32_t, Use> uses_;
  std::deque<std::uint32_t> seen_;
};

void expect_as_naive(std::uint32_t seed) {
  constexpr std::uint32_t kSources = 12;
  std::minstd_rand engine(seed);
  const auto random = [&](std::uint32_t below) {
    return static_cast<std::uint32_t>(engine() % below);
  };
  SourceLimits limits(8);
  NaiveLimits naive(8);
  SourceShare share;
  share.instances = 1 + random(3);
  share.starts_per_minute = random(5);
  share.rate = {1 + random(5), 1 + random(4), 1000 * (1 + random(20))};
  std::chrono::milliseconds now(0);
  for (int i = 0; i < 2'000; ++i) {
    const std::uint32_t source = random(kSources);
    now += std::chrono::milliseconds(random(1'500));
    if (random(3) == 0) {
      limits.ended(1, numbered(source), 64);
      naive.ended(source);
    } else {
      ASSERT_EQ(limits.admit(1, numbered(source), share, now), naive.admit(source, share, now))
          << "seed " << seed << " step " << i;
    }
    ASSERT_EQ(limits.instances_of(1, numbered(source), 64), naive.instances_of(source));
  }
}

TEST(SourceLimits, DecidesAsAPlainListDoes) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) expect_as_naive(seed);
}

}  // namespace
}  // namespace uvinetd
