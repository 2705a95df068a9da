// SPDX-License-Identifier: ISC
#include "core/syslogd/matcher.h"

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>

namespace uvinetd {
namespace {

using Actions = std::vector<std::uint32_t>;

constexpr std::size_t kMail = 2;
constexpr std::size_t kLpr = 6;

// Severities `from` (the gravest) to `to`, of each facility that `is_meant`.
SyslogMask mask_of(std::size_t from, std::size_t to,
                   const std::function<bool(std::size_t)>& is_meant) {
  SyslogMask out{};
  for (std::size_t facility = 0; facility < kSyslogFacilities; ++facility) {
    for (auto severity = from; severity <= to && is_meant(facility); ++severity) {
      out.at(facility) = static_cast<std::uint8_t>(out.at(facility) | 1U << severity);
    }
  }
  return out;
}

SyslogMask everything() {
  return mask_of(0, 7, [](std::size_t) { return true; });
}

SyslogRules rules_of(std::initializer_list<SyslogRule> rules) {
  SyslogRules out;
  for (const auto& rule : rules) {
    out.actions.resize(std::max(out.actions.size(), rule.action + 1));
    out.rules.push_back(rule);
  }
  for (auto& action : out.actions) action.kind = SyslogActionKind::File;
  return out;
}

SyslogRule rule_to(std::size_t action, SyslogMask mask = everything()) {
  SyslogRule out;
  out.mask = mask;
  out.action = action;
  return out;
}

SyslogRecord record_of(std::string program, std::string text = "text") {
  SyslogRecord out;
  out.program = std::move(program);
  out.host = "this";
  out.text = std::move(text);
  return out;
}

Actions matched(const SyslogRules& rules, const SyslogRecord& record) {
  Actions out{99};
  SyslogMatcher(rules, "this").match(record, out);
  return out;
}

bool takes(const SyslogRule& rule, const SyslogRecord& record) {
  return !matched(rules_of({rule}), record).empty();
}

// *.emerg /dev/console; *.info;lpr.none;mail.none messages; lpr.err lpr; mail.info;mail.!err mail
TEST(SyslogMatcher, DoesWhatTheThreeExamplesSay) {
  const auto rules =
      rules_of({rule_to(0, mask_of(0, 0, [](std::size_t) { return true; })),
                rule_to(1, mask_of(0, 6, [](std::size_t f) { return f != kLpr && f != kMail; })),
                rule_to(2, mask_of(0, 3, [](std::size_t f) { return f == kLpr; })),
                rule_to(3, mask_of(4, 6, [](std::size_t f) { return f == kMail; }))});
  const SyslogMatcher matcher(rules, "this");
  Actions actions;
  for (std::uint8_t facility = 0; facility < 24; ++facility) {
    for (std::uint8_t severity = 0; severity < 8; ++severity) {
      auto record = record_of("x");
      record.facility = facility;
      record.severity = severity;
      Actions expected;
      if (severity == 0) expected.push_back(0);
      if (facility == kLpr) {
        if (severity <= 3) expected.push_back(2);  // what is graver; the rest is thrown away
      } else if (facility == kMail) {
        if (severity >= 4 && severity <= 6) expected.push_back(3);
      } else if (severity <= 6) {
        expected.push_back(1);
      }
      matcher.match(record, actions);
      EXPECT_EQ(expected, actions) << int{facility} << '.' << int{severity};
    }
  }
}

TEST(SyslogMatcher, GivesEachTargetAMessageOnceInTheOrderOfTheRules) {
  EXPECT_EQ((Actions{2, 0, 1}),
            matched(rules_of({rule_to(2), rule_to(0), rule_to(2), rule_to(1), rule_to(0)}),
                    record_of("x")));
  auto named = rule_to(1);
  named.programs.names = {"x"};
  EXPECT_EQ((Actions{1, 0}),
            matched(rules_of({named, rule_to(0), named, rule_to(1)}), record_of("x")));
  EXPECT_EQ((Actions{0, 1}),
            matched(rules_of({named, rule_to(0), named, rule_to(1)}), record_of("y")));
  EXPECT_EQ(Actions{}, matched({}, record_of("x")));
}

TEST(SyslogMatcher, EndsWhereARuleIsFinal) {
  auto last = rule_to(1);
  last.is_final = true;
  last.programs.names = {"x"};
  auto rules = rules_of({rule_to(0), last, rule_to(2)});
  EXPECT_EQ((Actions{0, 1}), matched(rules, record_of("x")));
  EXPECT_EQ((Actions{0, 2}), matched(rules, record_of("y")));
  rules.actions[1].kind = SyslogActionKind::Discard;
  EXPECT_EQ((Actions{0}), matched(rules, record_of("x")));
  EXPECT_EQ((Actions{0, 2}), matched(rules, record_of("y")));
  rules.rules[1].programs.names.clear();
  EXPECT_EQ((Actions{0}), matched(rules, record_of("y")));
  rules.rules[1].is_final = false;
  EXPECT_EQ((Actions{0, 2}), matched(rules, record_of("y")));
  last.action = 0;
  EXPECT_EQ((Actions{0}), matched(rules_of({rule_to(0), last, rule_to(1)}), record_of("x")));
}

TEST(SyslogMatcher, ComparesWholeNamesOfPrograms) {
  auto rule = rule_to(0);
  rule.programs.names = {"foobar", "foo", "postfix"};
  for (const auto* name : {"foo", "foobar", "postfix", "postfix/smtpd"}) {
    EXPECT_TRUE(takes(rule, record_of(name))) << name;
  }
  for (const auto* name : {"", "fo", "fooba", "foobar2", "Foo", "x/foo"}) {
    EXPECT_FALSE(takes(rule, record_of(name))) << name;
  }
  rule.programs.is_inverted = true;
  EXPECT_FALSE(takes(rule, record_of("foo")));
  EXPECT_TRUE(takes(rule, record_of("fo")));
  rule.programs.names = {"postfix/smtpd"};
  EXPECT_FALSE(takes(rule, record_of("postfix/smtpd")));
  EXPECT_TRUE(takes(rule, record_of("postfix")));
}

TEST(SyslogMatcher, KnowsThisHostByASign) {
  auto rule = rule_to(0);
  rule.hosts.names = {"@", "Other"};
  auto record = record_of("x");
  EXPECT_TRUE(takes(rule, record));
  record.host = "OTHER";
  EXPECT_TRUE(takes(rule, record));
  record.host = "third";
  EXPECT_FALSE(takes(rule, record));
  rule.hosts.is_inverted = true;
  EXPECT_TRUE(takes(rule, record));
}

struct PropertyCase {
  SyslogPropertyFilter filter;
  bool is_taken;
};

TEST(SyslogMatcher, AsksForProperties) {
  using enum SyslogProperty;
  using enum SyslogOperation;
  auto record = record_of("prog", "[claimed pid 7] The quick (fox)");
  record.text_begin = 16;
  record.message_id = "ID47";
  record.structured_data = "[a b=\"c\"]";
  const PropertyCase cases[] = {
      {{Message, Contains, false, false, "quick"}, true},
      {{Message, Contains, false, false, "Quick"}, false},
      {{Message, Contains, false, true, "QUICK"}, true},
      {{Message, Contains, false, false, ""}, true},
      {{Message, Contains, true, false, "quick"}, false},
      {{Message, Contains, true, false, "slow"}, true},
      {{Message, IsEqual, false, false, "The quick (fox)"}, true},
      {{Message, IsEqual, false, true, "the QUICK (fox)"}, true},
      {{Message, IsEqual, false, false, "The quick"}, false},
      {{Message, StartsWith, false, false, "The"}, true},
      {{Message, StartsWith, false, false, "the"}, false},
      {{Message, StartsWith, false, true, "tHE q"}, true},
      {{Message, StartsWith, false, true, "The quick (fox) and"}, false},
      {{Message, StartsWith, false, false, "[claimed"}, false},
      {{Message, Regex, false, false, "^The q.*(fox)$"}, true},
      {{Message, Regex, false, false, "quick+"}, false},
      {{Message, ExtendedRegex, false, false, "^The (quick|slow) \\(fox\\)$"}, true},
      {{Message, ExtendedRegex, false, false, "QUICK|SLOW"}, false},
      {{Message, ExtendedRegex, false, true, "QUICK|SLOW"}, true},
      {{Message, ExtendedRegex, true, false, "slow"}, true},
      {{Message, ExtendedRegex, false, false, "("}, false},  // it does not compile
      {{Message, ExtendedRegex, true, false, "("}, false},
      {{MessageId, IsEqual, false, false, "ID47"}, true},
      {{StructuredData, Contains, false, false, "b=\"c\""}, true},
      {{Program, IsEqual, false, false, "prog"}, true},
      {{Host, StartsWith, false, false, "th"}, true},
      {{Host, StartsWith, false, false, "x"}, false},
  };
  for (const auto& one : cases) {
    auto rule = rule_to(0);
    rule.properties = {one.filter};
    EXPECT_EQ(one.is_taken, takes(rule, record)) << one.filter.value;
  }
  auto rule = rule_to(0);
  rule.properties = {cases[0].filter, cases[1].filter};
  EXPECT_FALSE(takes(rule, record));  // all of them
  rule.properties = {cases[0].filter, cases[2].filter};
  EXPECT_TRUE(takes(rule, record));
}

TEST(SyslogMatcher, KeepsTheMarkApart) {
  auto record = record_of("", "-- MARK --");
  record.facility = kMarkFacility;
  record.severity = 6;
  EXPECT_TRUE(takes(rule_to(0), record));
  EXPECT_FALSE(takes(rule_to(0, mask_of(0, 7, [](auto f) { return f != kMarkFacility; })), record));
  record.facility = 200;
  EXPECT_FALSE(takes(rule_to(0), record));
}

}  // namespace
}  // namespace uvinetd
