// SPDX-License-Identifier: ISC
// Files as the BSDs have them, each with all its services on, in its own dialect.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "core/config/load/services_file.h"
#include "tests/pure/config/conf.h"

namespace uvinetd::testing {
namespace {

using ::testing::IsEmpty;

ParsedConfig parse_stock(const std::string& name, Dialect dialect) {
  const auto path = std::string(UVINETD_SOURCE_DIR) + "/tests/pure/config/golden/stock/" + name;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_FALSE(text.empty()) << path;
  InetdConfOptions options;
  options.dialect = dialect;
  const ServicesFile names("");  // what every system knows
  NoIncludes no_includes;
  return parse_inetd_conf(text, name, options, names, no_includes);
}

TEST(StockFiles, AreReadWithoutAWord) {
  struct Row {
    const char* name;
    Dialect dialect;
    std::size_t services;
  };
  for (const auto& row :
       {Row{"freebsd.conf", Dialect::FreeBsd, 28}, Row{"netbsd.conf", Dialect::NetBsd, 19},
        Row{"openbsd.conf", Dialect::OpenBsd, 17}}) {
    const auto parsed = parse_stock(row.name, row.dialect);
    EXPECT_THAT(texts(parsed.diagnostics), IsEmpty()) << row.name;
    EXPECT_EQ(parsed.services.size(), row.services) << row.name;
    EXPECT_EQ(parsed.services_written, row.services) << row.name;
  }
}

}  // namespace
}  // namespace uvinetd::testing
