// SPDX-License-Identifier: ISC
#include "core/config/load/web_check.h"

#include <gtest/gtest.h>

namespace uvinetd {
namespace {

LoadedConfig one(const char* internal, ListenSpec listen) {
  LoadedConfig out;
  auto& spec = out.services.emplace_back().spec;
  spec.id = "x";
  spec.internal = internal;
  spec.listen.push_back(std::move(listen));
  return out;
}

ListenSpec tcp(const char* host) {
  ListenSpec out;
  out.host = host;
  out.port = 9099;
  return out;
}

bool is_warned(LoadedConfig config) {
  check_web_services(config);
  EXPECT_LE(config.diagnostics.size(), 1U);
  if (config.diagnostics.empty()) return false;
  EXPECT_EQ(config.diagnostics.front().severity, Severity::Warning);
  EXPECT_EQ(config.diagnostics.front().slug, std::string_view("exposed"));
  return true;
}

TEST(WebCheck, WarnsOfWhatTellsEverybody) {
  for (const auto* internal : {"metrics", "status"}) {
    for (const auto* host : {"", "0.0.0.0", "::", "192.0.2.1", "::ffff:127.0.0.1"}) {
      EXPECT_TRUE(is_warned(one(internal, tcp(host)))) << host;
    }
    for (const auto* host : {"127.0.0.1", "127.1.2.3", "::1"}) {
      EXPECT_FALSE(is_warned(one(internal, tcp(host)))) << host;
    }
  }
  EXPECT_FALSE(is_warned(one("daytime", tcp(""))));
  EXPECT_FALSE(is_warned(one("", tcp(""))));
}

TEST(WebCheck, OneOfSeveralAddressesIsEnough) {
  auto config = one("status", tcp("127.0.0.1"));
  config.services.front().spec.listen.push_back(tcp("192.0.2.1"));
  EXPECT_TRUE(is_warned(config));
  // Through the multiplexer, whose addresses are its own.
  config.services.front().spec.listen.clear();
  EXPECT_TRUE(is_warned(config));
}

TEST(WebCheck, IsSilentWhereARuleSaysWho) {
  auto config = one("status", tcp(""));
  config.services.front().spec.more.edit().deny = {"192.0.2.0/24"};
  EXPECT_TRUE(is_warned(config));
  config.services.front().spec.more.edit().allow = std::vector<std::string>{"10.0.0.0/8"};
  EXPECT_FALSE(is_warned(config));
  ListenSpec path;
  path.kind = SocketKind::UnixStream;
  path.path = "/run/x";
  EXPECT_FALSE(is_warned(one("status", path)));
}

TEST(WebCheck, LimitsTheClientsWhereNobodyElseDoes) {
  auto config = one("metrics", tcp("127.0.0.1"));
  check_web_services(config);
  EXPECT_EQ(config.services.front().spec.instances, kUsualWebClients);
  config.services.front().spec.instances = 0;
  check_web_services(config);
  EXPECT_EQ(config.services.front().spec.instances, 0U);
  auto other = one("echo", tcp("127.0.0.1"));
  check_web_services(other);
  EXPECT_FALSE(other.services.front().spec.instances);
}

}  // namespace
}  // namespace uvinetd
