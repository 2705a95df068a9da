// SPDX-License-Identifier: ISC
#include "core/monitor/access_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/base/shared_memory.h"
#include "core/monitor/reactor_role.h"
#include "spawn/access/access_decision.h"
#include "tests/pure/config/temporary_directory.h"

namespace uvinetd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Rules = std::vector<std::string>;

class AccessListsTest : public ::testing::Test {
 protected:
  AccessListsTest() {
    auto pair = *Channel::make_pair();
    reactor_end = Channel(std::move(pair.second));
    reactor = std::make_unique<ReactorRole>(loop, RoleProcess{0, Channel(std::move(pair.first))},
                                            [](const Message&) {});
  }
  // Replaces the file, as editors do.
  void write(const std::string& text) {
    std::ofstream(path() + ".new") << text;
    chmod((path() + ".new").c_str(), 0644);
    std::rename((path() + ".new").c_str(), path().c_str());
  }
  std::string path() { return directory.path() + "/rules"; }
  // The numbers of what has come.
  std::vector<std::uint32_t> receive() {
    std::vector<std::uint32_t> out;
    for (;;) {
      auto received = reactor_end.receive();
      if (received.event != Channel::Event::Message) return out;
      auto form = *parse_as<AccessListForm>(received.message.body);
      out.push_back(form.number);
      auto& fds = received.message.fds;
      EXPECT_TRUE(fds.empty() ? book.set(form.number, form.bytes)
                              : book.set(form.number, std::move(*map_read_only(fds[0].get(), 1))));
    }
  }
  AccessDecision::Answer denied(const std::vector<std::uint32_t>& numbers,
                                const std::string& address) {
    AccessSettings settings;
    settings.deny = numbers;
    const auto client = AccessClient::of(*SocketAddress::parse_ip(address, 1));
    return decide_access(settings, book, client).answer;
  }

  static constexpr auto kDenied = AccessDecision::Answer::Denied;
  static constexpr auto kAllowed = AccessDecision::Answer::Allowed;

  Loop loop;
  uvinetd::testing::TemporaryDirectory directory;
  Channel reactor_end;
  std::unique_ptr<ReactorRole> reactor;
  AccessBook book;
  AccessLists lists{false};
};

TEST_F(AccessListsTest, ServicesWithTheSameRulesHaveTheSameList) {
  const Rules one{"10.0.0.0/8"};
  const Rules same{"10.0.0.0/8"};
  const Rules other{"10.0.0.0/9"};
  lists.begin_table();
  const auto number = lists.numbers_of(one);
  EXPECT_THAT(number, SizeIs(1));
  EXPECT_EQ(lists.numbers_of(same), number);
  EXPECT_NE(lists.numbers_of(other), number);
  EXPECT_THAT(lists.numbers_of({}), IsEmpty());
  lists.send_new(*reactor);
  EXPECT_THAT(receive(), SizeIs(2));
  EXPECT_EQ(denied(number, "10.200.0.1"), kDenied);
  EXPECT_EQ(denied(number, "11.0.0.1"), kAllowed);
}

TEST_F(AccessListsTest, AListKeepsItsNumberOverTablesAndIsSentOnce) {
  const Rules rules{"10.0.0.0/8"};
  lists.begin_table();
  const auto number = lists.numbers_of(rules);
  lists.send_new(*reactor);
  EXPECT_EQ(receive(), number);
  lists.forget_unused();
  lists.begin_table();
  EXPECT_EQ(lists.numbers_of(rules), number);
  lists.send_new(*reactor);
  EXPECT_THAT(receive(), IsEmpty());
  lists.send_all(*reactor);
  EXPECT_EQ(receive(), number);
}

TEST_F(AccessListsTest, WhatIsForgottenGetsANewNumber) {
  const Rules rules{"10.0.0.0/8"};
  lists.begin_table();
  const auto number = lists.numbers_of(rules);
  lists.begin_table();
  lists.forget_unused();
  lists.begin_table();
  EXPECT_GT(lists.numbers_of(rules).at(0), number.at(0));
}

TEST_F(AccessListsTest, AFileIsAListOfItsOwnThatChangesUnderItsNumber) {
  write("10.0.0.0/8\n");
  const Rules rules{"file:" + path(), "192.0.2.1"};
  lists.begin_table();
  const auto numbers = lists.numbers_of(rules);
  EXPECT_THAT(numbers, SizeIs(2));
  EXPECT_THAT(lists.files(), ElementsAre(path()));
  lists.send_new(*reactor);
  EXPECT_THAT(receive(), SizeIs(2));
  EXPECT_FALSE(lists.refresh());
  write("10.0.0.0/16\n");
  EXPECT_TRUE(lists.refresh());
  lists.send_new(*reactor);
  EXPECT_THAT(receive(), SizeIs(1));
  EXPECT_EQ(denied(numbers, "10.200.0.1"), kAllowed);
  EXPECT_EQ(denied(numbers, "10.0.0.1"), kDenied);
  EXPECT_EQ(denied(numbers, "192.0.2.1"), kDenied);
}

TEST_F(AccessListsTest, AnErrorKeepsTheLastRulesAndIsToldOnce) {
  write("10.0.0.0/8\n");
  const Rules rules{"file:" + path()};
  lists.begin_table();
  const auto numbers = lists.numbers_of(rules);
  lists.send_new(*reactor);
  (void)receive();
  write("10.0.0.0/8\n nonsense!\n");
  EXPECT_FALSE(lists.refresh());
  EXPECT_THAT(lists.take_problems(), ElementsAre(::testing::AllOf(HasSubstr("rules:2:2: error"),
                                                                  HasSubstr("rules stay"))));
  EXPECT_FALSE(lists.refresh());
  EXPECT_THAT(lists.take_problems(), IsEmpty());
  EXPECT_EQ(denied(numbers, "10.0.0.1"), kDenied);
  unlink(path().c_str());
  EXPECT_FALSE(lists.refresh());
  EXPECT_THAT(lists.take_problems(), ElementsAre(HasSubstr("cannot open")));
}

TEST_F(AccessListsTest, AFileThatCannotBeReadAtFirstDeniesEverybody) {
  const Rules rules{"file:" + path()};
  lists.begin_table();
  const auto numbers = lists.numbers_of(rules);
  lists.send_new(*reactor);
  (void)receive();
  EXPECT_EQ(denied(numbers, "10.0.0.1"), kDenied);
  EXPECT_THAT(lists.take_problems(), ElementsAre(HasSubstr("is refused")));
  write("192.0.2.1\n");
  EXPECT_TRUE(lists.refresh());
  lists.send_new(*reactor);
  (void)receive();
  EXPECT_EQ(denied(numbers, "10.0.0.1"), kAllowed);
}

TEST_F(AccessListsTest, ALongListGoesInSealedMemory) {
  Rules rules;
  for (int i = 0; i < 20'000; ++i) {
    rules.push_back("10." + std::to_string(i / 200) + "." + std::to_string(i % 200) + ".1");
  }
  lists.begin_table();
  const auto numbers = lists.numbers_of(rules);
  lists.send_new(*reactor);
  EXPECT_EQ(receive(), numbers);
  EXPECT_EQ(denied(numbers, "10.99.199.1"), kDenied);
  EXPECT_EQ(denied(numbers, "10.99.199.2"), kAllowed);
}

TEST(CollectRules, WhatShouldBeANumberAndIsNoneBreaksTheList) {
  const auto collected = [](const std::string& text) {
    return collect_rules({*parse_access_rule(text)});
  };
  EXPECT_FALSE(collected("user:0").is_broken);
  EXPECT_FALSE(collected("host.example").is_broken);
  EXPECT_TRUE(collected("user:root").is_broken);
  EXPECT_TRUE(collected("group:4294967296").is_broken);
  EXPECT_TRUE(collected("interface:none-of-ours").is_broken);
  EXPECT_TRUE(collected("file:/x").is_broken);
}

}  // namespace
}  // namespace uvinetd
