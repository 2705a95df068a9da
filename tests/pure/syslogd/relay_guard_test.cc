// SPDX-License-Identifier: ISC
#include "core/syslogd/relay_guard.h"

#include <gtest/gtest.h>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

constexpr SipKey kKey{1, 2, 3};

SyslogRecord record_of(std::string text, std::string stamp = "Nov 26 20:41:21") {
  SyslogRecord out;
  out.stamp = std::move(stamp);
  out.host = "192.0.2.1";
  out.program = "a";
  out.text = std::move(text);
  return out;
}

TEST(RelayGuard, NeverSendsAMessageBack) {
  RelayGuard guard(kKey, true);
  EXPECT_FALSE(guard.may_relay(record_of("x"), "192.0.2.1", 0, "192.0.2.1", 0s));
  EXPECT_TRUE(guard.may_relay(record_of("x"), "192.0.2.1", 0, "192.0.2.2", 0s));
}

TEST(RelayGuard, SendsAMessageToATargetOnce) {
  RelayGuard guard(kKey, true);
  EXPECT_TRUE(guard.may_relay(record_of("x"), "a", 0, "b", 0s));
  EXPECT_TRUE(guard.may_relay(record_of("x"), "a", 1, "c", 0s));
  EXPECT_TRUE(guard.may_relay(record_of("y"), "a", 0, "b", 0s));
  auto again = record_of("x");
  again.host = "192.0.2.9";  // it has come another way
  EXPECT_FALSE(guard.may_relay(again, "d", 0, "b", 59s));
  EXPECT_TRUE(guard.may_relay(again, "d", 0, "b", 60s));
  EXPECT_FALSE(guard.may_relay(again, "d", 0, "b", 61s));
}

TEST(RelayGuard, RemembersWhatThisHostHasSent) {
  RelayGuard guard(kKey, true);
  guard.remember(record_of("x"), 0, 0s);
  guard.remember(record_of("x"), 0, 1s);
  EXPECT_FALSE(guard.may_relay(record_of("x"), "a", 0, "b", 60s));
  EXPECT_TRUE(guard.may_relay(record_of("x"), "a", 0, "b", 61s));
}

TEST(RelayGuard, TellsMessagesApartByTheirTimeOnlyWhereItIsTheirOwn) {
  RelayGuard trusting(kKey, true);
  EXPECT_TRUE(trusting.may_relay(record_of("x", "Nov 26 20:41:21"), "a", 0, "b", 0s));
  EXPECT_TRUE(trusting.may_relay(record_of("x", "Nov 26 20:41:22"), "a", 0, "b", 1s));
  RelayGuard other(kKey, false);
  EXPECT_TRUE(other.may_relay(record_of("x", "Nov 26 20:41:21"), "a", 0, "b", 0s));
  EXPECT_FALSE(other.may_relay(record_of("x", "Nov 26 20:41:22"), "a", 0, "b", 1s));
}

TEST(RelayGuard, KnowsThousandsAndForgetsTheOldest) {
  RelayGuard guard(kKey, true);
  const auto relay = [&](std::size_t number, RelayGuard::Time now) {
    return guard.may_relay(record_of(std::to_string(number)), "a", 0, "b", now);
  };
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_TRUE(relay(i, 0s));
  std::size_t known = 0;
  for (std::size_t i = 0; i < 1000; ++i) known += relay(i, 1s) ? 0U : 1U;
  EXPECT_GT(known, 950U);
  for (std::size_t i = 1000; i < 100'000; ++i) (void)relay(i, 2s);
  EXPECT_FALSE(relay(99'999, 3s));
}

}  // namespace
}  // namespace uvinetd
