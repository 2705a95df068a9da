// SPDX-License-Identifier: ISC
// Whole files and everything that is said about them. golden/NAME.DIALECT.conf has its expected
// diagnostics and services in NAME.DIALECT.expected; UVINETD_UPDATE_GOLDEN=1 writes them anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string describe(const ServiceSpec& spec) {
  std::string out =
      spec.id + (spec.mode == Mode::Wait ? " wait" : " nowait") + " user=" + spec.user;
  if (!spec.group.empty()) out += " group=" + spec.group;
  if (!spec.internal.empty()) out += " internal=" + spec.internal;
  if (!spec.program.empty()) out += " program=" + spec.program;
  for (const auto& argument : spec.argv) out += " [" + argument + "]";
  const auto add = [&](const char* name, std::optional<unsigned> value) {
    if (value) out += std::string(" ") + name + "=" + std::to_string(*value);
  };
  add("instances", spec.instances);
  add("starts", spec.starts_per_minute);
  add("source_starts", spec.source_starts_per_minute);
  add("per_source", spec.instances_per_source);
  out += '\n';
  for (const auto& listen : spec.listen) out += "  " + testing::describe(listen) + '\n';
  return out;
}

std::string report(const std::filesystem::path& path, Dialect dialect) {
  InetdConfOptions options;
  options.dialect = dialect;
  NoIncludes no_includes;
  const auto parsed =
      parse_inetd_conf(read(path), "inetd.conf", options, FixedNames(), no_includes);
  std::string out;
  for (const auto& text : texts(parsed.diagnostics)) out += text + '\n';
  out += "--- " + std::to_string(parsed.services_written) + " written\n";
  for (const auto& spec : parsed.services) out += describe(spec);
  return out;
}

TEST(Golden, WholeFilesGiveTheExpectedDiagnosticsAndServices) {
  const std::filesystem::path folder =
      std::filesystem::path(UVINETD_SOURCE_DIR) / "tests/pure/config/golden";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    auto path = entry.path();
    if (path.extension() != ".conf") continue;
    ++files;
    const auto dialect = dialect_from_name(path.stem().extension().string().substr(1));
    ASSERT_TRUE(dialect) << path;
    const auto actual = report(path, *dialect);
    path.replace_extension(".expected");
    if (std::getenv("UVINETD_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual;
    EXPECT_EQ(actual, read(path)) << path;
  }
  EXPECT_GE(files, 4);
}

TEST(Dialects, HaveNames) {
  for (const char* name : {"debian", "freebsd", "netbsd", "openbsd", "gnu", "busybox"}) {
    EXPECT_TRUE(dialect_from_name(name)) << name;
  }
  EXPECT_FALSE(dialect_from_name("Debian"));
  EXPECT_FALSE(dialect_from_name(""));
}

}  // namespace
}  // namespace uvinetd::testing
