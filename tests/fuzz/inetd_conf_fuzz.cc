// SPDX-License-Identifier: ISC
// Any bytes as an inetd.conf. The first byte chooses the dialect: '0' is Debian's, then in the
// order of the enumerators.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/config/inetd/inetd_conf.h"
#include "core/config/load/config_file.h"
#include "core/config/load/rpc_file.h"
#include "core/config/load/services_file.h"

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
    require(ids.insert(spec.id).second && spec.listen.empty() != spec.more->tcpmux.empty());
    require(spec.internal.empty() == !spec.program.empty());
    require(spec.internal.empty() == !spec.argv.empty());
    for (const auto& listen : spec.listen) {
      require(!is_ip(listen.kind) || (listen.port == 0) == spec.more->rpc.has_value());
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
  if (size == 0) return 0;
  constexpr unsigned kDialects = static_cast<unsigned>(Dialect::Busybox) + 1;
  InetdConfOptions options;
  options.dialect = static_cast<Dialect>(data[0] % kDialects);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  NoIncludes no_includes;
  check(parse_inetd_conf(text, "f", options, names, no_includes), text);
  (void)language_of("f", text);
  (void)ServicesFile(text).all();
  (void)RpcFile(text).all();
  return 0;
}
