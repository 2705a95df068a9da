// SPDX-License-Identifier: ISC
#include "spawn/access/access_decision.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace uvinetd {
namespace {

using Answer = AccessDecision::Answer;

NetworkPrefix network(const std::string& address, unsigned bits) {
  NetworkPrefix out;
  const auto parsed = AccessClient::of(*SocketAddress::parse_ip(address, 0));
  out.octets = parsed.octets;
  out.bits = static_cast<std::uint8_t>(bits);
  return out;
}

AccessClient from(const std::string& address) {
  return AccessClient::of(*SocketAddress::parse_ip(address, 1024));
}
AccessClient named(const std::string& name) {
  auto out = from("192.0.2.1");
  out.name = name;
  return out;
}

class AccessDecisionTest : public testing::Test {
 protected:
  void allow(AccessRules rules) {
    settings.has_allow = true;
    settings.allow.push_back(add(std::move(rules)));
  }
  void deny(AccessRules rules) { settings.deny.push_back(add(std::move(rules))); }
  AccessDecision decide(const AccessClient& client) {
    return decide_access(settings, book, client);
  }
  Answer answer(const AccessClient& client) { return decide(client).answer; }
  std::string rule(const AccessClient& client) {
    return describe(decide(client), settings, client);
  }

  AccessSettings settings;
  AccessBook book;

 private:
  std::uint32_t add(AccessRules rules) {
    EXPECT_TRUE(book.set(++last_, AccessList::print(std::move(rules))));
    return last_;
  }
  std::uint32_t last_ = 0;
};

TEST_F(AccessDecisionTest, WithoutRulesEverybodyMayConnect) {
  EXPECT_EQ(answer(from("192.0.2.1")), Answer::Allowed);
  EXPECT_EQ(answer(AccessClient()), Answer::Allowed);
}

TEST_F(AccessDecisionTest, AnAllowThatIsEmptyAllowsNobody) {
  settings.has_allow = true;
  EXPECT_EQ(answer(from("192.0.2.1")), Answer::Denied);
  EXPECT_EQ(rule(from("192.0.2.1")), "not in allow");
  EXPECT_EQ(answer(AccessClient()), Answer::Denied);
}

TEST_F(AccessDecisionTest, TheLongerNetworkDecidesAndDenyInATie) {
  allow({.v4 = {network("10.0.0.0", 8), network("10.1.2.0", 24), network("10.9.0.0", 16)}});
  deny({.v4 = {network("10.1.0.0", 16), network("10.1.2.3", 32), network("10.9.0.0", 16)}});
  EXPECT_EQ(rule(from("10.7.0.1")), "allow 10.0.0.0/8");
  EXPECT_EQ(rule(from("10.1.9.9")), "deny 10.1.0.0/16");
  EXPECT_EQ(rule(from("10.1.2.4")), "allow 10.1.2.0/24");
  EXPECT_EQ(rule(from("10.1.2.3")), "deny 10.1.2.3");
  EXPECT_EQ(rule(from("10.9.1.1")), "deny 10.9.0.0/16");
  EXPECT_EQ(rule(from("11.0.0.1")), "not in allow");
  EXPECT_EQ(rule(from("::ffff:10.1.2.4")), "allow 10.1.2.0/24");
  EXPECT_EQ(rule(from("2001:db8::1")), "not in allow");
}

TEST_F(AccessDecisionTest, TheFamiliesAreApart) {
  deny({.v6 = {network("::", 0), network("2001:db8::", 32)}});
  EXPECT_EQ(rule(from("10.0.0.1")), "no rule");
  EXPECT_EQ(rule(from("::ffff:10.0.0.1")), "no rule");
  EXPECT_EQ(rule(from("2001:db8::1")), "deny 2001:db8::/32");
  EXPECT_EQ(rule(from("::1")), "deny ::/0");
}

TEST_F(AccessDecisionTest, ListsOfOneServiceCountTogether) {
  allow({.v4 = {network("10.0.0.0", 8)}});
  allow({.v4 = {network("192.0.2.0", 24)}});
  deny({.v4 = {network("192.0.2.1", 32)}});
  EXPECT_EQ(answer(from("10.0.0.1")), Answer::Allowed);
  EXPECT_EQ(answer(from("192.0.2.2")), Answer::Allowed);
  EXPECT_EQ(answer(from("192.0.2.1")), Answer::Denied);
}

TEST_F(AccessDecisionTest, AListThatIsMissingOrBrokenDenies) {
  settings.deny.push_back(77);
  EXPECT_EQ(answer(from("192.0.2.1")), Answer::Denied);
  EXPECT_EQ(rule(from("192.0.2.1")), "rules that cannot be read");
  settings.deny.clear();
  deny({.is_broken = true});
  EXPECT_EQ(answer(from("192.0.2.1")), Answer::Denied);
}

TEST_F(AccessDecisionTest, NamesComeAfterNetworksAndBeforeEverybody) {
  allow({.v4 = {network("0.0.0.0", 0), network("10.0.0.0", 8)}});
  deny({.hosts = {"bad.example"}, .domains = {"evil.example"}});
  EXPECT_EQ(answer(from("10.0.0.1")), Answer::Allowed);  // nobody asks for its name
  EXPECT_EQ(answer(from("192.0.2.1")), Answer::NeedsName);
  EXPECT_EQ(answer(named("")), Answer::NoName);
  EXPECT_EQ(rule(named("bad.example")), "deny bad.example");
  EXPECT_EQ(rule(named("www.evil.example")), "deny .evil.example");
  EXPECT_EQ(rule(named("evil.example")), "allow 0.0.0.0/0");
  EXPECT_EQ(rule(named("notevil.example")), "allow 0.0.0.0/0");
}

TEST_F(AccessDecisionTest, TheLongerDomainDecidesAndAHostBeforeAnyDomain) {
  allow({.hosts = {"a.b.example"}, .domains = {"example", "c.b.example"}});
  deny({.domains = {"b.example"}});
  EXPECT_EQ(rule(named("x.example")), "allow .example");
  EXPECT_EQ(rule(named("x.b.example")), "deny .b.example");
  EXPECT_EQ(rule(named("a.b.example")), "allow a.b.example");
  EXPECT_EQ(rule(named("x.c.b.example")), "allow .c.b.example");
  EXPECT_EQ(rule(named("other.org")), "not in allow");
}

TEST_F(AccessDecisionTest, AnInterfaceStandsBetweenNamesAndNetworks) {
  allow({.v4 = {network("10.0.0.0", 8), network("0.0.0.0", 0)}});
  deny({.interfaces = {3}});
  auto client = from("192.0.2.1");
  EXPECT_EQ(answer(client), Answer::Allowed);
  client.interface = 3;
  EXPECT_EQ(rule(client), "deny interface 3");
  client = from("10.0.0.1");
  client.interface = 3;
  EXPECT_EQ(rule(client), "allow 10.0.0.0/8");
}

TEST_F(AccessDecisionTest, AUserComesBeforeAGroup) {
  allow({.users = {1000}, .groups = {50}});
  deny({.groups = {60}});
  AccessClient client;
  client.kind = AccessClient::Kind::Unix;
  client.user = 1000;
  client.groups = {60};
  EXPECT_EQ(rule(client), "allow user:1000");
  client.user = 1001;
  EXPECT_EQ(answer(client), Answer::Denied);
  client.groups = {50};
  EXPECT_EQ(answer(client), Answer::Allowed);
  client.groups = {50, 60};
  EXPECT_EQ(rule(client), "deny group");
  client.groups = {};
  EXPECT_EQ(rule(client), "not in allow");
  EXPECT_EQ(answer(from("10.0.0.1")), Answer::Denied);
}

TEST(AccessBook, KeepsWhatIsAskedForAndNothingMalformed) {
  AccessBook book;
  EXPECT_TRUE(book.set(1, AccessList::print({.v4 = {network("10.0.0.0", 8)}})));
  EXPECT_TRUE(book.set(2, AccessList::print({})));
  EXPECT_FALSE(book.set(1, "malformed"));
  EXPECT_EQ(book.find(1), nullptr);
  EXPECT_NE(book.find(2), nullptr);
  book.keep_only({3});
  EXPECT_EQ(book.size(), 0U);
}

TEST(AccessList, NoPartOfItsBytesIsAList) {
  const auto good = AccessList::print({.v4 = {network("10.0.0.0", 8)},
                                       .v6 = {network("2001:db8::", 32)},
                                       .users = {1},
                                       .groups = {2},
                                       .interfaces = {3},
                                       .hosts = {"a.example"},
                                       .domains = {"example"}});
  EXPECT_TRUE(AccessList::view(good));
  EXPECT_FALSE(AccessList::view(good + '\0'));
  for (std::size_t size = 0; size < good.size(); ++size) {
    const std::string shorter(good.data(), size);
    EXPECT_FALSE(AccessList::view(shorter)) << size;
  }
}

}  // namespace
}  // namespace uvinetd
