// SPDX-License-Identifier: ISC
// uvinetd.toml(5) describes every key as the table has it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "core/config/toml/keys.h"

namespace uvinetd {
namespace {

// What stands in the manual for each key: from its `.It Ic name Pq type` to the next item.
std::map<std::string, std::string> described_keys() {
  const auto path = std::filesystem::path(UVINETD_SOURCE_DIR) / "packaging/man/uvinetd.toml.5";
  std::ifstream file(path, std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::map<std::string, std::string> out;
  const std::string item = "\n.It Ic ";
  for (auto at = page.find(item); at != page.npos; at = page.find(item, at + 1)) {
    const auto end = std::min({page.find("\n.It", at + 1), page.find("\n.El", at), page.size()});
    const auto text = page.substr(at, end - at) + '\n';
    const auto type = text.find(" Pq ");
    if (type != text.npos) out[text.substr(item.size(), type - item.size())] = text;
  }
  return out;
}

TEST(TomlManPage, DescribesEveryKeyAsItIs) {
  auto described = described_keys();
  for (const auto& key : toml_keys()) {
    const auto found = described.find(std::string(key.name));
    ASSERT_NE(found, described.end()) << key.name;
    const auto has = [&](const std::string& line) {
      return found->second.find('\n' + line + '\n') != std::string::npos;
    };
    const auto text = [](std::string_view part) { return std::string(part); };
    EXPECT_TRUE(has(".It Ic " + text(key.name) + " Pq " + text(key.type))) << key.name;
    EXPECT_TRUE(has("Default: " + text(key.initial) + '.')) << key.name;
    EXPECT_EQ(has("Unit: " + text(key.unit) + '.'), !key.unit.empty()) << key.name;
    EXPECT_EQ(has("Costs: " + text(key.cost) + '.'), !key.cost.empty()) << key.name;
    const bool is_for_any =
        key.applies_to == AppliesTo::Any || key.applies_to == AppliesTo::Identity;
    EXPECT_EQ(has("For " + text(applies_text(key.applies_to)) + '.'), !is_for_any) << key.name;
    described.erase(found);
  }
  for (const auto& [name, text] : described) ADD_FAILURE() << name << " is no key\n" << text;
}

}  // namespace
}  // namespace uvinetd
