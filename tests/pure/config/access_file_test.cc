// SPDX-License-Identifier: ISC
#include "core/config/access_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace uvinetd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> rules(const AccessFile& file) {
  std::vector<std::string> out;
  for (const auto& rule : file.rules) out.push_back(print_access_rule(rule));
  return out;
}

std::vector<std::string> told(const AccessFile& file) {
  std::vector<std::string> out;
  for (const auto& said : file.diagnostics) {
    out.push_back(said.at.text() + ' ' + severity_name(said.severity));
  }
  return out;
}

TEST(AccessFile, HasOneRuleALineAndComments) {
  const auto file = parse_access_file(
      "# friends\n\n10.0.0.0/8\r\n  2001:db8::1 # one\n\t.Example.org\t\nuser:0#root\nhost.example",
      "f");
  EXPECT_THAT(rules(file),
              ElementsAre("10.0.0.0/8", "2001:db8::1", ".example.org", "user:0", "host.example"));
  EXPECT_THAT(file.diagnostics, IsEmpty());
}

TEST(AccessFile, MayBeEmpty) {
  for (const char* text : {"", "\n", "#", "\n\n # nobody\n"}) {
    const auto file = parse_access_file(text, "f");
    EXPECT_THAT(file.rules, IsEmpty());
    EXPECT_THAT(file.diagnostics, IsEmpty());
  }
}

TEST(AccessFile, TellsEachMistakeAtItsPlace) {
  const auto file = parse_access_file(
      "10.0.0.0/40\n  a b\nuser:root\ngroup:4294967295\nfile:/x\n10.0.0.1/8\n\x01\n", "f");
  EXPECT_THAT(told(file), ElementsAre("f:1:1 error", "f:2:5 error", "f:3:1 error", "f:4:1 error",
                                      "f:5:1 error", "f:6:1 warning", "f:7:1 error"));
}

TEST(AccessFile, WithVeryManyMistakesTellsSomeOfThem) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "/\n";
  const auto file = parse_access_file(text, "f");
  EXPECT_LE(file.diagnostics.size(), 10'001U);
  EXPECT_EQ(file.diagnostics.back().slug, "too-many");
}

}  // namespace
}  // namespace uvinetd
