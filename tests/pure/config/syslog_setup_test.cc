// SPDX-License-Identifier: ISC
// What crosses to the server is what was read, and nothing else is taken for it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "core/config/syslog/syslog_rules.h"
#include "core/config/syslog/syslog_settings.h"
#include "tests/pure/config/any_service.h"
#include "tests/pure/config/any_syslog.h"

namespace uvinetd::testing {
namespace {

RC_GTEST_PROP(SyslogSetup, ComesBackAsItIs, ()) {
  const auto setup = any_setup();
  const auto read = parse_syslog_setup(print(setup));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == setup);
}

RC_GTEST_PROP(SyslogSetup, DamageIsRefusedOrHarmless, ()) {
  auto bytes = print(any_setup());
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = static_cast<char>(*rc::gen::arbitrary<std::uint8_t>());
  if (*rc::gen::arbitrary<bool>()) bytes.resize(at);
  const auto read = parse_syslog_setup(bytes);
  if (!read) return;
  for (const auto& rule : read->rules.rules) RC_ASSERT(rule.action < read->rules.actions.size());
}

RC_GTEST_PROP(SyslogSettings, ComeBackFromArguments, ()) {
  const auto settings = any_setup().settings;
  std::vector<Field> words;
  for (const auto& word : print_syslog_arguments(settings)) {
    Field field;
    field.text = word;
    words.push_back(field);
  }
  Diagnostics diagnostics;
  Reporter report(nullptr, diagnostics);
  SyslogSettings read;
  RC_ASSERT(read_syslog_arguments(words, report, read));
  RC_ASSERT(read == settings);
}

// The manual has the words of the table.
TEST(SyslogSettings, AreDescribedAsTheyAre) {
  const auto path =
      std::filesystem::path(UVINETD_SOURCE_DIR) / "packaging/man/uvinetd-syslog.conf.5";
  std::ifstream file(path, std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::size_t items = 0;
  for (auto at = page.find("\n.It Ic "); at != page.npos; at = page.find("\n.It Ic ", at + 1)) {
    ++items;
  }
  EXPECT_EQ(items, syslog_keys().size());
  for (const auto& key : syslog_keys()) {
    const auto begin = page.find(fmt::format("\n.It Ic {} Pq {}\n", key.name, key.type));
    ASSERT_NE(begin, page.npos) << key.name;
    const auto text = page.substr(begin, page.find("\n.It", begin + 1) - begin);
    EXPECT_NE(text.find(fmt::format("\nDefault: {}.", key.initial)), text.npos) << key.name;
  }
}

std::string cbor(const nlohmann::json& value) {
  std::string out;
  nlohmann::json::to_cbor(value, out);
  return out;
}

TEST(SyslogSetup, RefusesWhatIsNone) {
  EXPECT_FALSE(parse_syslog_setup(""));
  EXPECT_FALSE(parse_syslog_setup("x"));
  EXPECT_FALSE(parse_syslog_setup(cbor(1)));
  EXPECT_FALSE(parse_syslog_setup(cbor({{"rules", {1}}})));
  EXPECT_FALSE(parse_syslog_setup(cbor({{"settings", {{"dialect", 2}}}})));
  EXPECT_FALSE(parse_syslog_setup(cbor({{"settings", {{"mark", -1}}}})));
  EXPECT_FALSE(parse_syslog_setup(cbor({{"settings", {{"relays", "yes"}}}})));
  EXPECT_FALSE(parse_syslog_setup(cbor({{"actions", {{{"kind", 6}}}}})));
  EXPECT_FALSE(parse_syslog_setup(cbor({{"actions", {{{"port", 65536}}}}})));
  // Deep enough to exhaust a stack, and a list longer than there is memory.
  EXPECT_FALSE(parse_syslog_setup(std::string(1'000'000, '\x81')));
  EXPECT_FALSE(parse_syslog_setup(std::string("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", 9)));
  auto setup = SyslogSetup();
  setup.rules.rules.emplace_back();
  EXPECT_FALSE(parse_syslog_setup(print(setup)));
}

TEST(SyslogSetup, WhatIsMissingHasItsDefault) {
  const auto read = parse_syslog_setup(cbor({{"from a newer version", 1}}));
  EXPECT_FALSE(parse_syslog_setup(cbor(nlohmann::json::array())));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, SyslogSetup());
}

TEST(SyslogSettings, SizesArePowersOf1024) {
  EXPECT_EQ(parse_syslog_size("10M"), 10U * 1024 * 1024);
  EXPECT_EQ(parse_syslog_size("64k"), 64U * 1024);
  EXPECT_EQ(parse_syslog_size("64K"), 64U * 1024);
  EXPECT_EQ(parse_syslog_size("1g"), 1U << 30);
  EXPECT_EQ(parse_syslog_size("4096"), 4096U);
  for (const auto* text :
       {"", "M", "1MM", "1x", "-1", "99999999999999999999", "18014398509481984k"}) {
    EXPECT_FALSE(parse_syslog_size(text)) << text;
  }
  EXPECT_EQ(print_syslog_size(10U * 1024 * 1024), "10M");
  EXPECT_EQ(print_syslog_size(5000), "5000");
}

}  // namespace
}  // namespace uvinetd::testing
