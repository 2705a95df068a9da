// SPDX-License-Identifier: ISC
#include "core/config/source_outline.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace uvinetd {
namespace {

// "3 text" for each comment, "+3 text" for one inside an entry, then "@" and the entries.
std::vector<std::string> outline(std::string_view text, Language language) {
  const auto found = outline_of(text, language);
  std::vector<std::string> out;
  for (const auto& comment : found.comments) {
    out.push_back((comment.is_inside ? "+" : "") + std::to_string(comment.line) + ' ' +
                  comment.text);
  }
  std::string entries = "@";
  for (const int line : found.entries) entries += ' ' + std::to_string(line);
  out.push_back(entries);
  return out;
}

using Lines = std::vector<std::string>;

TEST(SourceOutline, OfAnInetdConf) {
  EXPECT_EQ(outline("# head\n\n#<off># ftp\tstream\nftp stream tcp nowait root /bin/x\n"
                    "  # within\n  -l # no comment\n#\n79 stream tcp\n#last",
                    Language::InetdConf),
            (Lines{"1 head", "3 <off># ftp\tstream", "+5 within", "7 ", "9 last", "@ 4 8"}));
}

TEST(SourceOutline, OfADefinition) {
  EXPECT_EQ(outline("ftp on protocol = tcp,\n# a\n\twait = no, # b\n user = x; # c\n# d\n"
                    "echo on protocol = tcp;\n79 stream",
                    Language::InetdConf),
            (Lines{"+2 a", "5 d", "@ 1 6 7"}));
}

TEST(SourceOutline, OfAnXinetdFile) {
  EXPECT_EQ(
      outline("# a\ndefaults\n{\n # b\n}\nservice ftp\n# c\n{\n\t# d\n\twait = no # e\n}\n# f\n"
              "service x {\n#g\n}\nincludedir /etc/xinetd.d\n",
              Language::Xinetd),
      (Lines{"1 a", "+4 b", "7 c", "+9 d", "12 f", "+14 g", "@ 2 6 13 16"}));
}

TEST(SourceOutline, OfATomlFile) {
  EXPECT_EQ(outline("# a\ninclude = []\n# b\n[services.x]\n# c\nuser = \"x\" # no\n# d\n\n"
                    "[services.y]\nexec = [\n  # e\n  \"/bin/y\", # f\n]\n# g\n",
                    Language::Toml),
            (Lines{"1 a", "3 b", "+5 c", "7 d", "14 g", "@ 4 9"}));
}

TEST(SourceOutline, StringsOfTomlHaveNoComments) {
  EXPECT_EQ(outline("x = \"\"\"\n# a\n[no]\n\\\"\"\"\n# b\n\"\"\"\ny = '''\n# c\n'''\nz = \"# d\"\n"
                    "w = 'open\n# e\n",
                    Language::Toml),
            (Lines{"12 e", "@"}));
}

TEST(SourceOutline, MakesCommentsHarmless) {
  EXPECT_EQ(comment_line("a\x1b[31m\xff\tb \r"), "a\\x1b[31m\\xff\tb");
  EXPECT_LT(comment_line(std::string(100000, 'a')).size(), 5000U);
  EXPECT_LT(comment_line(std::string(100000, '\t') + 'a').size(), 5000U);
}

RC_GTEST_PROP(SourceOutlineProperties, AnyBytesHaveOne, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::oneOf(
      rc::gen::elementOf(std::string("#\n\n \t[]{};\"'=\\o")), rc::gen::arbitrary<char>()));
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (const auto language : {Language::InetdConf, Language::Xinetd, Language::Toml}) {
    const auto found = outline_of(text, language);
    for (const auto& comment : found.comments) {
      RC_ASSERT(comment.line >= 1 && comment.line <= lines);
      RC_ASSERT(comment.text.find('\n') == std::string::npos);
    }
    RC_ASSERT(std::is_sorted(found.entries.begin(), found.entries.end()));
  }
}

}  // namespace
}  // namespace uvinetd
