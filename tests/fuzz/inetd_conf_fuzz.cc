// SPDX-License-Identifier: ISC
// Any bytes as an inetd.conf. The first byte chooses the dialect: '0' is Debian's, then in the
// order of the enumerators.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/config/inetd/inetd_conf.h"
#include "core/config/load/config_file.h"
#include "core/config/load/rpc_file.h"
#include "core/config/load/services_file.h"
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
    require(spec.listen.empty() != spec.more->tcpmux.empty());
    require(spec.internal.empty() == !spec.program.empty());
    require(spec.internal.empty() == !spec.argv.empty());
    for (const auto& listen : spec.listen) {
      require(!is_ip(listen.kind) || (listen.port == 0) == spec.more->rpc.has_value());
    }
  }
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
