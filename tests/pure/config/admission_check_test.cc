// SPDX-License-Identifier: ISC
#include "core/config/load/admission_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/socket_rules.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AdmissionOf : public ::testing::Test {
 protected:
  AdmissionOf() {
    spec_.id = "x";
    spec_.listen.push_back({});
    spec_.program = "/bin/x";
    auto& at = spec_.admission_at.edit();
    at.access_times.line = 1;
    at.max_load.line = 2;
    at.allow.line = 3;
    at.deny.line = 4;
  }

  // The lines of what is wrong; none: the service is served.
  std::vector<int> lines() {
    std::vector<ServiceSpec> services{spec_};
    Diagnostics diagnostics;
    check_admission(options_, services, diagnostics);
    EXPECT_EQ(services.empty(), !diagnostics.empty());
    std::vector<int> out;
    for (const auto& each : diagnostics) {
      EXPECT_EQ(each.severity, Severity::Error);
      EXPECT_EQ(each.slug, "not-enforceable-here");
      out.push_back(each.at.line);
    }
    return out;
  }
  void make(SocketKind kind, Mode mode) {
    spec_.listen[0].kind = kind;
    spec_.mode = mode;
  }

  LoadOptions options_;
  ServiceSpec spec_;
};

TEST_F(AdmissionOf, AWaitServerHasNoHours) {
  spec_.more.edit().access_times = {"08:00-17:00"};
  spec_.more.edit().max_load = 1;
  for (const auto kind : {SocketKind::Tcp, SocketKind::Udp, SocketKind::UnixStream}) {
    make(kind, Mode::Nowait);
    EXPECT_THAT(lines(), IsEmpty());
    make(kind, Mode::Wait);
    EXPECT_THAT(lines(), ElementsAre(1, 2));
  }
  make(SocketKind::Udp, Mode::Wait);
  spec_.program.clear();
  spec_.internal = "echo";
  EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(AdmissionOf, TheKernelDecidesWhereTheReactorSeesNoClients) {
  EXPECT_FALSE(needs_address_filter(spec_));
  spec_.more.edit().deny = {"10.0.0.0/8"};
  EXPECT_FALSE(needs_address_filter(spec_));
  make(SocketKind::Udp, Mode::Nowait);
  EXPECT_TRUE(needs_address_filter(spec_));
  make(SocketKind::Tcp, Mode::Wait);
  EXPECT_TRUE(needs_address_filter(spec_));
  spec_.more = {};
  EXPECT_FALSE(needs_address_filter(spec_));
  spec_.more.edit().allow.emplace();
  EXPECT_TRUE(needs_address_filter(spec_));
  spec_.program.clear();
  spec_.internal = "echo";
  EXPECT_FALSE(needs_address_filter(spec_));
  make(SocketKind::Udp, Mode::Wait);
  EXPECT_TRUE(needs_address_filter(spec_));
}

TEST_F(AdmissionOf, TheKernelKnowsAddressesOnly) {
  options_.filters_streams = options_.filters_datagrams = true;
  spec_.more.edit().allow = {"10.0.0.0/8", "::1"};
  spec_.more.edit().deny = {"10.1.0.0/16"};
  make(SocketKind::Tcp, Mode::Wait);
  EXPECT_THAT(lines(), IsEmpty());
  for (const char* other : {"host.example.org", ".example.org", "interface:eth0", "user:ann",
                            "group:staff", "file:/etc/rules", "10.0.0.0/99"}) {
    spec_.more.edit().allow = {"10.0.0.0/8", other};
    EXPECT_THAT(lines(), ElementsAre(3)) << other;
    EXPECT_EQ(address_filter_of(*spec_.more), closed_filter());
    make(SocketKind::Tcp, Mode::Nowait);
    EXPECT_THAT(lines(), IsEmpty());
    make(SocketKind::Tcp, Mode::Wait);
  }
  spec_.more.edit().deny = {"example.org"};
  EXPECT_THAT(lines(), ElementsAre(3, 4));
}

TEST_F(AdmissionOf, WhereTheKernelMayNotBeAskedNobodyDecides) {
  spec_.more.edit().deny = {"10.0.0.0/8"};
  options_.filters_streams = false;
  options_.filters_datagrams = true;
  make(SocketKind::Udp, Mode::Wait);
  EXPECT_THAT(lines(), IsEmpty());
  make(SocketKind::Tcp, Mode::Wait);
  EXPECT_THAT(lines(), ElementsAre(4));
  options_.filters_datagrams = false;
  make(SocketKind::Udp, Mode::Nowait);
  EXPECT_THAT(lines(), ElementsAre(4));
}

TEST_F(AdmissionOf, AUnixSocketHasNoAddresses) {
  spec_.more.edit().deny = {"10.0.0.0/8"};
  make(SocketKind::UnixStream, Mode::Wait);
  EXPECT_THAT(lines(), ElementsAre(4));
  make(SocketKind::UnixDgram, Mode::Nowait);
  EXPECT_THAT(lines(), ElementsAre(4));
}

TEST_F(AdmissionOf, TooManyRulesAreAnErrorWithTheirNumber) {
  options_.filters_streams = options_.filters_datagrams = true;
  for (int i = 0; i < 4000; ++i) {
    spec_.more.edit().deny.push_back("10." + std::to_string(i / 100) + "." +
                                     std::to_string(i % 100 * 2) + ".0/24");
  }
  make(SocketKind::Udp, Mode::Nowait);
  EXPECT_THAT(lines(), ElementsAre(4));
  EXPECT_EQ(address_filter_of(*spec_.more), closed_filter());
}

}  // namespace
}  // namespace uvinetd::testing
