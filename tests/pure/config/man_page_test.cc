// SPDX-License-Identifier: ISC
// The manual names every slug that the sources give.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace uvinetd {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool is_slug(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == text.npos;
}

// A slug is the first literal of a call that reports.
void add_slugs_of(const std::string& text, std::set<std::string>& out) {
  for (const std::string call :
       {"error(", "warning(", "note(", "refuse(", "not_found(", "say(", "problem(", "lose("}) {
    for (auto at = text.find(call); at != text.npos; at = text.find(call, at + 1)) {
      const auto begin = text.find_first_of("\";", at);
      if (begin == text.npos || text[begin] == ';') continue;
      const auto end = text.find('"', begin + 1);
      const auto literal = text.substr(begin + 1, end - begin - 1);
      if (is_slug(literal) && text.substr(end + 1, 1) == ",") out.insert(literal);
    }
  }
}

std::set<std::string> documented_slugs(const std::string& page) {
  static constexpr std::string_view kItem = ".It Li ";
  std::set<std::string> out;
  for (auto at = page.find(kItem); at != page.npos; at = page.find(kItem, at + 1)) {
    const auto begin = at + kItem.size();
    const auto word = page.substr(begin, page.find('\n', begin) - begin);
    if (is_slug(word)) out.insert(word);
  }
  return out;
}

TEST(ManPage, NamesEverySlugOfTheSources) {
  const auto tree = std::filesystem::path(UVINETD_SOURCE_DIR);
  // These are put together elsewhere.
  std::set<std::string> slugs{"duplicate",     "file",           "hosts-access",
                              "lookup-failed", "lookup-timeout", "not-enforceable-here",
                              "skipped",       "too-many"};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree / "core/config")) {
    if (entry.path().extension() == ".cc") add_slugs_of(read(entry.path()), slugs);
  }
  // A slug that several languages have is told in one page at least.
  std::set<std::string> documented;
  for (const auto& entry : std::filesystem::directory_iterator(tree / "packaging/man")) {
    if (entry.is_regular_file()) documented.merge(documented_slugs(read(entry.path())));
  }
  EXPECT_GT(slugs.size(), 40U);
  EXPECT_EQ(slugs, documented);
}

}  // namespace
}  // namespace uvinetd
