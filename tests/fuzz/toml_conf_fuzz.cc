// SPDX-License-Identifier: ISC
// Any bytes as a TOML file. What is read well is printed, and read back as it was.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/config/load/services_file.h"
#include "core/config/toml/toml_conf.h"
#include "core/config/toml/toml_print.h"

namespace uvinetd {
namespace {

void require(bool claim) {
  if (!claim) std::abort();
}

std::vector<std::size_t> line_sizes(std::string_view text) {
  std::vector<std::size_t> sizes{0};
  for (const char c : text) {
    if (c == '\n') {
      sizes.push_back(0);
    } else {
      ++sizes.back();
    }
  }
  return sizes;
}

void check(const ParsedConfig& parsed, std::string_view text) {
  const auto sizes = line_sizes(text);
  for (const auto& diagnostic : parsed.diagnostics) {
    require(!diagnostic.text().empty() && !diagnostic.slug.empty());
    const auto line = static_cast<std::size_t>(diagnostic.at.line);
    if (diagnostic.slug == "too-many") continue;
    require(line >= 1 && line <= sizes.size() && diagnostic.at.column >= 1);
    require(static_cast<std::size_t>(diagnostic.at.column) <= sizes[line - 1] + 1);
  }
  std::unordered_set<std::string> ids;
  for (const auto& spec : parsed.services) {
    require(ids.insert(spec.id).second && !spec.id.empty());
    require(!spec.listen.empty() || !spec.more->tcpmux.empty());
    require(spec.program.empty() == spec.argv.empty());
    const int answers =
        !spec.program.empty() + !spec.internal.empty() + spec.more->redirect.has_value();
    require(answers == 1);
    for (const auto& listen : spec.listen) {
      require(!is_ip(listen.kind) || listen.port != 0 || spec.more->rpc);
    }
  }
  require(parsed.services.size() <= parsed.services_written);
  require(parsed.services.size() == parsed.services_written || has_errors(parsed.diagnostics));
}

}  // namespace
}  // namespace uvinetd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  static const ServicesFile names("");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(parse_toml_conf(text, "f", {}, names), text);
  TomlOptions options;
  options.keeps_unenforced = true;
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
