// SPDX-License-Identifier: ISC
#include "core/config/load/relay_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/config/load/resolve.h"
#include "tests/pure/config/conf.h"
#include "tests/pure/config/fake_name_service.h"

namespace uvinetd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ServiceSpec stream_service() {
  return parse("ftp stream tcp4 nowait ann /bin/x\n").services.at(0);
}

ServiceSpec redirected(const std::string& host, const std::string& from = "") {
  auto spec = stream_service();
  spec.program.clear();
  spec.argv.clear();
  spec.more.edit().redirect = Redirect{host, 79};
  spec.more.edit().redirect_from = from;
  return spec;
}

ServiceSpec proxied(std::vector<std::string> from) {
  auto spec = stream_service();
  spec.more.edit().proxy_protocol = true;
  spec.more.edit().proxy_from = std::move(from);
  return spec;
}

ServiceSpec health_check() {
  auto spec = stream_service();
  spec.internal = "health";
  return spec;
}

// "": nothing is wrong.
std::string problem_of(const ServiceSpec& spec) {
  const auto problem = check_relay(spec);
  return problem ? std::string(problem->slug) + ": " + problem->message : "";
}

LoadedConfig resolve(ServiceSpec spec) {
  const FakeNameService service;
  LookupHelper helper(service);
  LoadedConfig out;
  (void)resolve_services({std::move(spec)}, LoadOptions(), helper, out);
  return out;
}

TEST(RelayCheck, AsksOfServicesThatAreNoneOfThese) {
  EXPECT_EQ(problem_of(stream_service()), "");
}

TEST(RelayCheck, LetsOnlyNowaitStreamsBeRedirectedProxiedOrHealthChecks) {
  const auto good = {redirected("10.0.0.1"), proxied({"10.0.0.1"}), health_check()};
  for (const auto& spec : good) {
    EXPECT_EQ(problem_of(spec), "");
    auto wait = spec;
    wait.mode = Mode::Wait;
    EXPECT_NE(problem_of(wait), "");
    for (const auto kind : {SocketKind::Udp, SocketKind::UnixDgram, SocketKind::UnixSeqpacket}) {
      auto other = spec;
      other.listen[0].kind = kind;
      EXPECT_NE(problem_of(other), "");
    }
    auto local = spec;
    local.listen[0].kind = SocketKind::UnixStream;
    EXPECT_EQ(problem_of(local), "");
  }
}

TEST(RelayCheck, WantsToKnowTheProxies) {
  EXPECT_THAT(problem_of(proxied({})), HasSubstr("proxy: proxy_protocol without proxy_from"));
  EXPECT_EQ(problem_of(proxied({"10.0.0.0/8", "2001:db8::/32", "::1", "unix"})), "");
  for (const char* bad : {"", "host.example", "10.0.0.0/33", "10.0.0.1/8", "10.0.0",
                          "unix:", "user:root", "interface:lo", "file:/etc/x", ".example"}) {
    EXPECT_THAT(problem_of(proxied({"10.0.0.1", bad})), HasSubstr("addresses and networks")) << bad;
  }
  EXPECT_EQ(problem_of(proxied(std::vector<std::string>(kMostProxies, "::1"))), "");
  EXPECT_NE(problem_of(proxied(std::vector<std::string>(kMostProxies + 1, "::1"))), "");
  auto muxed = proxied({"10.0.0.1"});
  muxed.listen.clear();
  muxed.more.edit().tcpmux = "x";
  EXPECT_THAT(problem_of(muxed), HasSubstr("tcpmux"));
}

TEST(RelayCheck, WantsAnAddressToRedirectFrom) {
  EXPECT_EQ(problem_of(redirected("10.0.0.1", "10.0.0.2")), "");
  EXPECT_THAT(problem_of(redirected("10.0.0.1", "here")), HasSubstr("redirect_from"));
}

TEST(RelayCheck, GivesAHealthCheckSomeTime) {
  auto spec = health_check();
  spec.more.edit().health_timeout = std::chrono::seconds(0);
  EXPECT_NE(problem_of(spec), "");
  auto plain = health_check();
  limit_health_check(plain);
  EXPECT_EQ(plain.more->health_timeout, kUsualHealthTimeout);
  EXPECT_EQ(plain.more->max_runtime, kUsualHealthTimeout);
  EXPECT_EQ(plain.more->health_cache, kUsualHealthCache);
  auto shorter = health_check();
  shorter.more.edit().max_runtime = std::chrono::seconds(3);
  limit_health_check(shorter);
  EXPECT_EQ(shorter.more->max_runtime, std::chrono::seconds(3));
}

TEST(RelayTargets, AreTheAddressesOfTheHostEachOnce) {
  auto spec = redirected("h.example");
  EXPECT_FALSE(settle_redirect({"10.0.0.1", "::1", "10.0.0.1"}, spec));
  EXPECT_THAT(spec.more->redirect->addresses, ElementsAre("10.0.0.1", "::1"));
}

TEST(RelayTargets, AreOfTheFamilyThatTheyAreReachedFrom) {
  auto spec = redirected("h.example", "::2");
  EXPECT_FALSE(settle_redirect({"10.0.0.1", "::1"}, spec));
  EXPECT_THAT(spec.more->redirect->addresses, ElementsAre("::1"));
  EXPECT_TRUE(settle_redirect({"10.0.0.1"}, spec));
  EXPECT_TRUE(settle_redirect({}, spec));
}

TEST(RelayTargets, AreBounded) {
  std::vector<std::string> many;
  for (int i = 1; i < 100; ++i) many.push_back("10.0.0." + std::to_string(i));
  auto spec = redirected("h.example");
  EXPECT_FALSE(settle_redirect(many, spec));
  EXPECT_EQ(spec.more->redirect->addresses.size(), kMostTargets);
}

TEST(RelayTargets, AreLookedUpWhenTheServiceIsLoaded) {
  const auto numeric = resolve(redirected("10.0.0.1"));
  ASSERT_EQ(numeric.services.size(), 1U);
  EXPECT_THAT(numeric.services[0].spec.more->redirect->addresses, ElementsAre("10.0.0.1"));
  const auto named = resolve(redirected("both.example"));
  ASSERT_EQ(named.services.size(), 1U);
  EXPECT_THAT(named.services[0].spec.more->redirect->addresses,
              ElementsAre("10.0.0.1", "10.0.0.2", "2001:db8::1"));
  const auto later = resolve(redirected("fail.example"));
  EXPECT_THAT(later.services, IsEmpty());
  EXPECT_EQ(later.unresolved.size(), 1U);
  const auto unknown = resolve(redirected("nowhere.example"));
  EXPECT_THAT(unknown.services, IsEmpty());
  ASSERT_EQ(unknown.diagnostics.size(), 1U);
  EXPECT_EQ(unknown.diagnostics[0].slug, "unknown-host");
}

}  // namespace
}  // namespace uvinetd::testing
