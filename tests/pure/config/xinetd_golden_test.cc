// SPDX-License-Identifier: ISC
// Whole configurations and everything that is said about them. golden/xinetd/NAME/ stands for /etc:
// its xinetd.conf gives what its file `expected` holds; UVINETD_UPDATE_GOLDEN=1 writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/config/load/services_file.h"
#include "tests/pure/config/xinetd.h"

namespace uvinetd::testing {
namespace {

using Path = std::filesystem::path;

std::string read(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string report(const Path& folder) {
  FakeIncludes includes;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    includes.add("/etc/" + entry.path().lexically_relative(folder).string(), read(entry.path()));
  }
  const auto config = parse_xinetd_conf(read(folder / "xinetd.conf"), "/etc/xinetd.conf", {},
                                        ServicesFile(""), includes);
  std::string out;
  for (const auto& text : texts(config.diagnostics)) out += text + '\n';
  out += "--- " + std::to_string(config.services_written) + " written\n";
  for (const auto& spec : config.services) {
    out += describe_xinetd(spec) + '\n';
    for (const auto& listen : spec.listen) out += "  " + describe(listen) + '\n';
  }
  return out;
}

TEST(XinetdGolden, WholeConfigurationsGiveTheExpectedDiagnosticsAndServices) {
  int folders = 0;
  const auto root = Path(UVINETD_SOURCE_DIR) / "tests/pure/config/golden/xinetd";
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    ++folders;
    const auto actual = report(entry.path());
    const auto path = entry.path() / "expected";
    if (std::getenv("UVINETD_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual;
    EXPECT_EQ(actual, read(path)) << path;
  }
  EXPECT_GE(folders, 2);
}

}  // namespace
}  // namespace uvinetd::testing
