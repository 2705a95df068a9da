// SPDX-License-Identifier: ISC
#include "core/syslogd/relay_guard.h"

#include <gtest/gtest.h>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

constexpr SipKey kKey{1, 2, 3};

SyslogRecord record_of(std::string text, std::string host = "192.0.2.1",
                       std::string stamp = "Nov 26 20:41:21") {
  SyslogRecord out;
  out.stamp = std::move(stamp);
  out.host = std::move(host);
  out.program = "a";
  out.text = std::move(text);
  return out;
}

// How many of `count` are relayed.
std::uint32_t relay(RelayGuard& guard, const SyslogRecord& record, std::string_view from,
                    std::uint32_t count, RelayGuard::Time now = 0s) {
  std::uint32_t relayed = 0;
  for (std::uint32_t i = 0; i < count; ++i)
    relayed += guard.may_relay(record, from, 0, false, now) ? 1U : 0U;
  return relayed;
}

TEST(RelayGuard, RelaysWhatManyHostsSay) {
  RelayGuard guard(kKey, true);
  for (int host = 0; host < 100; ++host) {
    const auto name = "192.0.2." + std::to_string(host);
    EXPECT_EQ(relay(guard, record_of("link down", name), name, 2), 2U) << name;
  }
}

TEST(RelayGuard, RelaysWhatOneHostSaysAgainAndAgain) {
  RelayGuard guard(kKey, true);
  EXPECT_EQ(relay(guard, record_of("x"), "192.0.2.1", 100), 100U);
  EXPECT_EQ(relay(guard, record_of("x"), "192.0.2.1", 10'000), RelayGuard::kMostAlone - 100);
  EXPECT_EQ(relay(guard, record_of("x"), "192.0.2.1", 1, 59s), 0U);
  EXPECT_EQ(relay(guard, record_of("x"), "192.0.2.1", 1, 60s), 1U);
}

TEST(RelayGuard, WhatIsFoldedIsNotCounted) {
  RelayGuard guard(kKey, true);
  for (int i = 0; i < 10'000; ++i)
    EXPECT_TRUE(guard.may_relay(record_of("x"), "192.0.2.1", 0, i > 0, 0s));
}

TEST(RelayGuard, WhatComesBackAnotherWayWithItsHostIsNotRelayed) {
  RelayGuard guard(kKey, true);
  EXPECT_EQ(relay(guard, record_of("x"), "192.0.2.1", 1), 1U);
  EXPECT_FALSE(guard.may_relay(record_of("x"), "192.0.2.9", 0, false, 59s));
  EXPECT_FALSE(guard.may_relay(record_of("x"), "192.0.2.9", 0, true, 59s));
  EXPECT_TRUE(guard.may_relay(record_of("x"), "192.0.2.9", 1, false, 59s));  // another target
  EXPECT_TRUE(guard.may_relay(record_of("x"), "192.0.2.9", 0, false, 60s));
}

// Where each host puts the sender's address in the place of the host.
TEST(RelayGuard, ARingOfHostsComesToAnEnd) {
  for (const bool is_own : {false, true}) {
    RelayGuard guard(kKey, true);
    if (is_own) {
      guard.remember(record_of("x", "here"), 0, 0s);
    } else {
      EXPECT_EQ(relay(guard, record_of("x"), "192.0.2.1", 1), 1U);
    }
    EXPECT_EQ(relay(guard, record_of("x", "192.0.2.9"), "192.0.2.9", 1'000),
              RelayGuard::kMostShared);
    EXPECT_EQ(relay(guard, record_of("x", "192.0.2.8"), "192.0.2.8", 1'000),
              RelayGuard::kMostShared);
  }
}

TEST(RelayGuard, RemembersWhatThisHostHasSent) {
  RelayGuard guard(kKey, true);
  guard.remember(record_of("x", "here"), 0, 0s);
  guard.remember(record_of("x", "here"), 0, 1s);
  EXPECT_EQ(relay(guard, record_of("x", "here"), "192.0.2.9", 1, 60s), 0U);
  EXPECT_EQ(relay(guard, record_of("x", "here"), "192.0.2.9", 1, 61s), 1U);
}

TEST(RelayGuard, TellsMessagesApartByTheirTimeOnlyWhereItIsTheirOwn) {
  for (const bool trusts_time : {true, false}) {
    RelayGuard guard(kKey, trusts_time);
    EXPECT_EQ(relay(guard, record_of("x", "h", "Nov 26 20:41:21"), "a", 1), 1U);
    EXPECT_EQ(relay(guard, record_of("x", "h", "Nov 26 20:41:22"), "b", 1, 1s),
              trusts_time ? 1U : 0U);
  }
}

TEST(RelayGuard, KnowsThousandsAndForgetsTheOldest) {
  RelayGuard guard(kKey, true);
  const auto passes = [&](std::size_t number, std::string_view from, RelayGuard::Time now) {
    return guard.may_relay(record_of(std::to_string(number)), from, 0, false, now);
  };
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_TRUE(passes(i, "a", 0s));
  std::size_t known = 0;
  for (std::size_t i = 0; i < 1000; ++i) known += passes(i, "b", 1s) ? 0U : 1U;
  EXPECT_GT(known, 950U);
  for (std::size_t i = 1000; i < 100'000; ++i) (void)passes(i, "a", 2s);
  EXPECT_FALSE(passes(99'999, "b", 3s));
}

}  // namespace
}  // namespace uvinetd
