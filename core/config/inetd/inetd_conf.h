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

#include "core/config/front_end.h"

namespace uvinetd {

// Settles what the same text means in different systems (see inetd.conf(5), DIALECTS).
enum class Dialect : std::uint8_t { Debian, FreeBsd, NetBsd, OpenBsd, Gnu, Busybox };

[[nodiscard]] Dialect host_dialect();
[[nodiscard]] std::optional<Dialect> dialect_from_name(std::string_view name);

struct InetdConfOptions {
  Dialect dialect = Dialect::Debian;
  std::string default_host;  // the command line's -a; "" is any
  bool is_root = true;       // not root: the user field may name only oneself (checked later)
};

[[nodiscard]] ParsedConfig parse_inetd_conf(std::string_view text, const std::string& file_name,
                                            const InetdConfOptions& options,
                                            const ServiceNames& names, IncludeSource& includes);

}  // namespace uvinetd
