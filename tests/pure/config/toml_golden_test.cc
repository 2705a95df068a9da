// SPDX-License-Identifier: ISC
// Whole files and everything that is said about them. golden/NAME.toml has its diagnostics and its
// services, printed, in NAME.expected; UVINETD_UPDATE_GOLDEN=1 writes them anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/config/toml/toml_print.h"
#include "tests/pure/config/toml.h"

namespace uvinetd::testing {
namespace {

const std::filesystem::path kTree = UVINETD_SOURCE_DIR;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(TomlGolden, WholeFilesGiveTheExpectedDiagnosticsAndServices) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(kTree / "tests/pure/config/golden")) {
    auto path = entry.path();
    if (path.extension() != ".toml") continue;
    ++files;
    const auto parsed = parse_toml(read(path));
    std::string actual;
    for (const auto& text : texts(parsed.diagnostics)) actual += text + '\n';
    actual += "--- " + std::to_string(parsed.services_written) + " written\n";
    actual += print_toml(parsed.services);
    path.replace_extension(".expected");
    if (std::getenv("UVINETD_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual;
    EXPECT_EQ(actual, read(path)) << path;
  }
  EXPECT_GE(files, 2);
}

TEST(TomlExample, IsReadWithoutAWord) {
  const auto text = read(kTree / "packaging/examples/uvinetd.toml");
  const auto parsed = parse_toml(text);
  EXPECT_EQ(texts(parsed.diagnostics), std::vector<std::string>());
  EXPECT_GE(parsed.services.size(), 5U);
}

}  // namespace
}  // namespace uvinetd::testing
