// SPDX-License-Identifier: ISC
// inetd.conf(5) names every slug that the sources give.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace uvinetd {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::set<std::string> matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
    found.insert((*match)[1]);
  }
  return found;
}

TEST(ManPage, NamesEverySlugOfTheSources) {
  const auto tree = std::filesystem::path(__FILE__).parent_path() / "../../..";
  // A slug is the first literal of a call that reports; some are put together elsewhere.
  std::set<std::string> slugs{"duplicate", "language", "lookup-failed", "lookup-timeout",
                              "too-many"};
  for (const auto& entry : std::filesystem::directory_iterator(tree / "core/config")) {
    if (entry.path().extension() != ".cc") continue;
    const auto text = read(entry.path());
    slugs.merge(
        matches(text, R"re((?:error|warning|note|refuse|not_found|say)\([^";]*"([a-z-]+)",)re"));
  }
  const auto documented =
      matches(read(tree / "packaging/man/inetd.conf.5"), R"re(\.It Li ([a-z-]+)\n)re");
  EXPECT_GT(slugs.size(), 40U);
  EXPECT_EQ(slugs, documented);
}

}  // namespace
}  // namespace uvinetd
