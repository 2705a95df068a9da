// SPDX-License-Identifier: ISC
// The lines of a syslog.conf that hold for those after them: `!program`, `+host`,
// `:property, operation, "value"`.
#pragma once

#include <cstddef>
#include <optional>

#include "core/config/field.h"
#include "core/config/reporter.h"
#include "core/config/syslog/syslog_rules.h"

namespace uvinetd {

// `a,b`, `-a,b`; `*` or nothing: what stands behind the "!". No names: everybody. nullopt:
// reported.
[[nodiscard]] std::optional<SyslogNames> read_syslog_names(const Field& list, Reporter& report);

struct ReadProperty {
  bool is_good = false;                        // false: reported
  std::optional<SyslogPropertyFilter> filter;  // nullopt: `:*`, or it is bad
  // Behind the value, in the line: of a bad one too. Where a bad one has none, the line's end.
  std::size_t end = 0;
};
// A line that begins with ":".
[[nodiscard]] ReadProperty read_syslog_property(const Field& line, Reporter& report);

}  // namespace uvinetd
