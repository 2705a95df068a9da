// SPDX-License-Identifier: ISC
// The language of xinetd.conf: defaults, services, included files and directories. Pure but for the
// files that it includes; survives any bytes; linear in the size of the text.
#pragma once

#include <string>
#include <string_view>

#include "core/config/front_end.h"

namespace uvinetd {

struct XinetdOptions {
  std::string default_host;  // the command line's -a, for services without `bind`; "" is any
  // hosts.allow or hosts.deny has rules: they hold for every service without NOLIBWRAP.
  bool asks_hosts_access = false;
};

// Where xinetd misreads a file, this does what its author meant, with a warning that says what
// xinetd does (uvinetd-xinetd(7) lists all of it). A disabled service gives no spec, does not count
// in services_written, and what is wrong with it is a warning.
[[nodiscard]] ParsedConfig parse_xinetd_conf(std::string_view text, const std::string& file_name,
                                             const XinetdOptions& options,
                                             const ServiceNames& names, IncludeSource& includes);

}  // namespace uvinetd
