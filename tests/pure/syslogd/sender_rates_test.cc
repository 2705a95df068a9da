// SPDX-License-Identifier: ISC
#include "core/syslogd/sender_rates.h"

#include <gtest/gtest.h>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

constexpr SipKey kKey{1, 2, 3};
constexpr StartRate kRate{2, 3, 1000};  // two a second, three at once

SyslogSender user(uid_t uid) {
  return {true, uid, {}};
}

SyslogSender host(std::string_view address) {
  return {false, 0, *parse_source(address)};
}

int allowed_of(SenderRates& rates, const SyslogSender& sender, SenderRates::Time now) {
  int out = 0;
  for (int i = 0; i < 10; ++i) out += rates.allows(sender, kRate, now) ? 1 : 0;
  return out;
}

TEST(SenderRates, AllowsEachSenderItsRate) {
  SenderRates rates(kKey);
  for (const auto& sender :
       {user(0), user(1), host("192.0.2.1"), host("::"), host("2001:db8::1")}) {
    EXPECT_EQ(3, allowed_of(rates, sender, 100s));
  }
  EXPECT_EQ(5U, rates.size());
  EXPECT_EQ(2, allowed_of(rates, user(0), 101s));
  EXPECT_EQ(3, allowed_of(rates, user(0), 1000s));
}

TEST(SenderRates, CountsNobodyWithoutARate) {
  SenderRates rates(kKey);
  EXPECT_TRUE(rates.allows(user(0), {}, 0s));
  EXPECT_EQ(0U, rates.size());
  EXPECT_FALSE(rates.due());
}

TEST(SenderRates, TellsWhatItRefusedOnceInTenSeconds) {
  SenderRates rates(kKey);
  (void)allowed_of(rates, user(7), 100s);
  (void)allowed_of(rates, user(8), 101s);
  (void)allowed_of(rates, user(7), 102s);
  EXPECT_EQ(110s, rates.due());
  EXPECT_FALSE(rates.take_refused(109s));
  const auto first = rates.take_refused(110s);
  ASSERT_TRUE(first);
  EXPECT_EQ(user(7), first->sender);
  EXPECT_EQ(14U, first->messages);
  EXPECT_FALSE(rates.take_refused(110s));
  EXPECT_EQ(111s, rates.due());
  (void)allowed_of(rates, user(7), 110s);
  const auto second = rates.take_refused(SenderRates::Time::max());
  ASSERT_TRUE(second);
  EXPECT_EQ(user(8), second->sender);
  EXPECT_EQ(7U, second->messages);
  EXPECT_EQ(120s, rates.due());
}

TEST(SenderRates, ForgetsWhoWasHeardLeastRecently) {
  SenderRates rates(kKey, 3);
  for (uid_t uid = 1; uid <= 3; ++uid) (void)allowed_of(rates, user(uid), 100s);
  (void)allowed_of(rates, user(1), 100s);
  EXPECT_EQ(3, allowed_of(rates, user(4), 100s));  // in the place of 2
  EXPECT_EQ(0, allowed_of(rates, user(1), 100s));
  EXPECT_EQ(0, allowed_of(rates, user(3), 100s));
  EXPECT_EQ(3, allowed_of(rates, user(2), 100s));  // in the place of 4
  EXPECT_EQ(3U, rates.size());
  std::uint64_t told = 0;
  while (const auto refused = rates.take_refused(SenderRates::Time::max())) {
    EXPECT_NE(user(4), refused->sender);
    told += refused->messages;
  }
  EXPECT_EQ(27U + 17U + 7U, told);
}

TEST(SenderRates, TakesMoreSendersThanItRemembers) {
  SenderRates rates(kKey, 1000);
  for (uid_t uid = 0; uid < 100'000; ++uid) {
    EXPECT_TRUE(rates.allows(user(uid), kRate, SenderRates::Time(uid)));
  }
  EXPECT_EQ(1000U, rates.size());
}

}  // namespace
}  // namespace uvinetd
