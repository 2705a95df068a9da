// SPDX-License-Identifier: ISC
// syslog.conf(5), as Linux and as FreeBSD have it: text to rules. Pure but for the files that it
// includes, which it reads through an interface. A bad line is left out, and the rest holds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/front_end.h"
#include "core/config/syslog/syslog_rules.h"

namespace uvinetd {

inline constexpr std::size_t kMostSyslogRules = 100'000;
inline constexpr std::size_t kMostSyslogFiles = 1000;

struct ParsedSyslogConf {
  SyslogRules rules;
  Diagnostics diagnostics;         // by file as they were met, then by place
  std::vector<std::string> files;  // in the order in which they were met
};

[[nodiscard]] ParsedSyslogConf parse_syslog_conf(std::string_view text, const std::string& name,
                                                 SyslogDialect dialect, IncludeSource& includes);

// What holds where there is no file: `*.err /dev/console`, `*.panic *`.
[[nodiscard]] SyslogRules usual_syslog_rules();

}  // namespace uvinetd
