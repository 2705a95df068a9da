// SPDX-License-Identifier: ISC
// The inetd.conf language, in every dialect that people have. Pure: text in, specs and
// diagnostics out; survives any bytes; linear in the size of the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/diagnostic.h"
#include "core/config/service_spec.h"

namespace uvinetd {

// Settles what the same text means in different systems (see inetd.conf(5), DIALECTS).
enum class Dialect : std::uint8_t { Debian, FreeBsd, NetBsd, OpenBsd, Gnu, Busybox };

[[nodiscard]] Dialect host_dialect();
[[nodiscard]] std::optional<Dialect> dialect_from_name(std::string_view name);

// Where the names of services come from: /etc/services, or a fixed list in tests.
class ServiceNames {
 public:
  virtual ~ServiceNames() = default;
  // `protocol` is "tcp" or "udp". Aliases count. nullopt: unknown.
  [[nodiscard]] virtual std::optional<std::uint16_t> port_of(std::string_view name,
                                                             std::string_view protocol) const = 0;
  // All names there are, for "did you mean".
  [[nodiscard]] virtual std::vector<std::string> all() const = 0;
};

struct InetdConfOptions {
  Dialect dialect = Dialect::Debian;
  std::string default_host;  // the command line's -a; "" is any
  bool is_root = true;       // not root: the user field may name only oneself (checked later)
};

struct ParsedConfig {
  std::vector<ServiceSpec> services;
  Diagnostics diagnostics;           // by place
  std::size_t services_written = 0;  // good and bad together
};

[[nodiscard]] ParsedConfig parse_inetd_conf(std::string_view text, const std::string& file_name,
                                            const InetdConfOptions& options,
                                            const ServiceNames& names);

}  // namespace uvinetd
