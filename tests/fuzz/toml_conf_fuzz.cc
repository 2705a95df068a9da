// SPDX-License-Identifier: ISC
// Any bytes as a TOML file. What is read well is printed, and read back as it was.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/load/services_file.h"
#include "core/config/toml/toml_conf.h"
#include "core/config/toml/toml_print.h"
#include "tests/fuzz/require.h"

namespace uvinetd {
namespace {

void check(const ParsedConfig& parsed, std::string_view text) {
  require_sound(parsed);
  const testing::TextLines lines(text);
  for (const auto& diagnostic : parsed.diagnostics) {
    require(testing::is_well_told(diagnostic, lines));
  }
  for (const auto& spec : parsed.services) {
    require(!spec.listen.empty() || !spec.more->tcpmux.empty());
    for (const auto& listen : spec.listen) {
      require(!is_ip(listen.kind) || listen.port != 0 || spec.more->rpc);
    }
  }
}

}  // namespace
}  // namespace uvinetd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  static const ServicesFile names("");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(parse_toml_conf(text, "f", {}, names), text);
  TomlOptions options;
  options.is_root = false;
  const auto parsed = parse_toml_conf(text, "f", options, names);
  check(parsed, text);
  std::vector<std::string> problems;
  const auto again =
      parse_toml_conf(print_toml(parsed.services, {}, &problems), "f", options, names);
  require(problems.empty());
  require(again.services == parsed.services);
  return 0;
}
