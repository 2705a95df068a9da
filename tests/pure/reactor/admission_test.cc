// SPDX-License-Identifier: ISC
#include "core/reactor/admission/admission.h"

#include <gtest/gtest.h>

#include <string>

namespace uvinetd {
namespace {

using namespace std::chrono_literals;

SocketAddress address(const char* text) {
  return *SocketAddress::parse_ip(text, 1000);
}

class AdmissionOf : public testing::Test {
 protected:
  AdmissionOf() { service.entry.key = 1; }
  LimitSettings& limits() { return service.entry.more.edit().limits; }
  std::string ask(const char* from, const char* at_limit = nullptr) {
    Client client;
    client.peer = address(from);
    client.at_limit = at_limit;
    const auto verdict = admission.ask(service, client, now);
    return verdict.answer == Verdict::Answer::Serve ? "" : verdict.reason;
  }

  Admission admission;
  Service service;
  std::chrono::milliseconds now{1'000};
};

TEST_F(AdmissionOf, AServiceWithoutLimitsServesEverybody) {
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(ask("192.0.2.1"), "");
}

TEST_F(AdmissionOf, WhoIsBannedIsToldNothingElse) {
  limits().is_sensor = true;
  service.entry.instances_per_source = 1;
  EXPECT_EQ(ask("192.0.2.1"), "sensor");
  admission.bans().add({source_of(address("192.0.2.1")), 2'000ms}, now);
  EXPECT_EQ(ask("192.0.2.1", "instances"), "banned");
  EXPECT_EQ(ask("::ffff:192.0.2.1"), "banned");
  EXPECT_EQ(ask("192.0.2.2"), "sensor");
  now = 2'000ms;
  EXPECT_EQ(ask("192.0.2.1"), "sensor");
}

TEST_F(AdmissionOf, ASourcesOwnShareComesBeforeTheLimitOfAll) {
  service.entry.instances_per_source = 1;
  EXPECT_EQ(ask("192.0.2.1", "instances"), "instances");
  EXPECT_EQ(ask("192.0.2.1"), "");
  EXPECT_EQ(ask("192.0.2.1", "instances"), "source-instances");
  limits().rate_per_source = {1, 1, 60'000};
  EXPECT_EQ(ask("192.0.2.2", "rate"), "rate");
  EXPECT_EQ(ask("192.0.2.2"), "");
  admission.ended(service, address("192.0.2.2"));
  EXPECT_EQ(ask("192.0.2.2", "rate"), "source-rate");
}

TEST_F(AdmissionOf, WhatRunsIsCountedInTheNewWayAfterAReload) {
  service.entry.instances_per_source = 2;
  EXPECT_EQ(ask("2001:db8:0:1::1"), "");
  EXPECT_EQ(ask("2001:db8:0:2::1"), "");
  const auto before = service.entry;
  limits().prefix_v6 = 48;
  ASSERT_FALSE(Admission::counts_alike(before, service.entry));
  admission.recount(before, service, address("2001:db8:0:1::1"));
  admission.recount(before, service, address("2001:db8:0:2::1"));
  EXPECT_EQ(ask("2001:db8:0:3::1"), "source-instances");
  admission.ended(service, address("2001:db8:0:1::1"));
  EXPECT_EQ(ask("2001:db8:0:3::1"), "");
}

TEST_F(AdmissionOf, ALimitThatGoesAndComesCountsWhatRuns) {
  service.entry.instances_per_source = 1;
  EXPECT_EQ(ask("192.0.2.1"), "");
  const auto limited = service.entry;
  service.entry.instances_per_source = 0;
  ASSERT_FALSE(Admission::counts_alike(limited, service.entry));
  admission.recount(limited, service, address("192.0.2.1"));
  EXPECT_EQ(ask("192.0.2.1"), "");
  const auto open = service.entry;
  service.entry.instances_per_source = 3;
  admission.recount(open, service, address("192.0.2.1"));
  admission.recount(open, service, address("192.0.2.1"));
  EXPECT_EQ(ask("192.0.2.1"), "");
  EXPECT_EQ(ask("192.0.2.1"), "source-instances");
}

TEST_F(AdmissionOf, AnotherNumberIsNoOtherWayToCount) {
  service.entry.instances_per_source = 1;
  const auto before = service.entry;
  service.entry.instances_per_source = 5;
  EXPECT_TRUE(Admission::counts_alike(before, service.entry));
  limits().rate_per_source = {1, 1, 1'000};
  EXPECT_TRUE(Admission::counts_alike(before, service.entry));
}

}  // namespace
}  // namespace uvinetd
