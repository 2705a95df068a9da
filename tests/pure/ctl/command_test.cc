// SPDX-License-Identifier: ISC
#include "core/ctl/command.h"

#include <gtest/gtest.h>

namespace uvinetd {
namespace {

using Words = std::vector<std::string>;

ParsedCommand parse(Words words) {
  words.insert(words.begin(), "uvinetctl");
  return parse_command(words);
}

TEST(Command, ReadsVerbsAndTheirOptions) {
  const auto check = parse({"check", "--strict", "a", "--json", "--dialect", "gnu", "b"});
  ASSERT_FALSE(check.exit_status) << check.text;
  EXPECT_EQ(check.command.verb, Verb::Check);
  EXPECT_TRUE(check.command.strict);
  EXPECT_TRUE(check.command.json);
  EXPECT_EQ(check.command.dialect, Dialect::Gnu);
  EXPECT_EQ(check.command.operands, (Words{"a", "b"}));

  const auto show = parse({"--json", "show", "a", "--", "-b"});
  ASSERT_FALSE(show.exit_status) << show.text;
  EXPECT_EQ(show.command.verb, Verb::Show);
  EXPECT_TRUE(show.command.json);
  EXPECT_EQ(show.command.operands, (Words{"a", "-b"}));

  const auto convert = parse({"convert", "--to=inetd", "-o", "x", "--force", "a"});
  ASSERT_FALSE(convert.exit_status) << convert.text;
  EXPECT_EQ(convert.command.verb, Verb::Convert);
  EXPECT_EQ(convert.command.target, Command::Target::Inetd);
  EXPECT_EQ(convert.command.output, "x");
  EXPECT_TRUE(convert.command.force);
}

TEST(Command, ConvertsToTomlOnStandardOutputUnlessTold) {
  for (const Words& words : {Words{"convert", "a"}, Words{"convert", "-o", "-", "a"}}) {
    const auto parsed = parse(words);
    ASSERT_FALSE(parsed.exit_status) << parsed.text;
    EXPECT_EQ(parsed.command.target, Command::Target::Toml);
    EXPECT_EQ(parsed.command.output, "");
  }
}

TEST(Command, RefusesWhatItDoesNotKnow) {
  struct Row {
    Words words;
    const char* reason;
  };
  const Row rows[] = {
      {{}, "which VERB? uvinetctl --help names them"},
      {{"chek", "a"}, "unknown verb \"chek\" (did you mean \"check\"?)"},
      {{"\x1b"}, "unknown verb \"\\x1b\""},
      {{"--jsn", "check", "a"}, "unknown option \"--jsn\" (did you mean \"--json\"?)"},
      {{"check"}, "check needs a FILE"},
      {{"check", ""}, "an empty FILE"},
      {{"check", "--strct", "a"}, "unknown option \"--strct\" (did you mean \"--strict\"?)"},
      {{"check", "--force", "a"}, "unknown option \"--force\""},
      {{"show", "-x", "a"}, "unknown option \"-x\""},
      {{"show", "--dialect", "irix", "a"}, "--dialect: unknown dialect \"irix\""},
      {{"convert", "--to", "tom", "a"}, "--to: unknown language \"tom\" (did you mean \"toml\"?)"},
      {{"convert", "--force", "a"}, "--force goes with -o"},
      {{"convert", "-o", "", "a"}, "-o: an empty FILE"},
      {{"--json", "convert", "a"}, "--json does not go with convert"},
      {{"check", "--socket", "x", "a"}, "unknown option \"--socket\""},
      {{"show"}, "show needs an ID, or a FILE"},
      {{"show", "--socket", "x", "--dialect", "gnu", "a"},
       "--dialect goes with a FILE, not --socket"},
  };
  for (const auto& row : rows) {
    const auto parsed = parse(row.words);
    EXPECT_EQ(parsed.exit_status, 2) << row.reason;
    EXPECT_EQ(parsed.text, std::string("uvinetctl: ") + row.reason + "\nTry 'uvinetctl --help'.\n");
  }
}

TEST(Command, HelpsInLinesThatFit) {
  std::vector<Words> asked{{"--help"}, {"-h"}, {"convert", "a", "--help"}, {"--json", "ps", "-h"}};
  for (int verb = 0; verb <= static_cast<int>(kLastVerb); ++verb) {
    asked.push_back({std::string(verb_name(static_cast<Verb>(verb))), "--help"});
  }
  for (const auto& words : asked) {
    const auto parsed = parse(words);
    EXPECT_EQ(parsed.exit_status, 0);
    EXPECT_TRUE(parsed.text.starts_with("Usage: uvinetctl ")) << parsed.text;
    for (std::size_t at = 0; at < parsed.text.size();) {
      const auto end = parsed.text.find('\n', at);
      ASSERT_NE(end, std::string::npos);
      EXPECT_LE(end - at, 80U) << parsed.text.substr(at, end - at);
      at = end + 1;
    }
  }
}

TEST(Command, TellsItsVersion) {
  for (const Words& words : {Words{"--version"}, Words{"-V"}, Words{"check", "--version"}}) {
    const auto parsed = parse(words);
    EXPECT_EQ(parsed.exit_status, 0);
    EXPECT_EQ(parsed.text, "uvinetctl " UVINETD_VERSION "\n");
  }
}

}  // namespace
}  // namespace uvinetd
