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

// `a,b`, `-a,b`, `*`: what stands behind the "!". No names: everybody. nullopt: reported.
[[nodiscard]] std::optional<SyslogNames> read_syslog_names(const Field& list, Reporter& report);

struct ReadProperty {
  std::optional<SyslogPropertyFilter> filter;  // nullopt: `:*`
  std::size_t end = 0;                         // of what was read, in the line
};
// A line that begins with ":". nullopt: reported: what a filter does not understand it must not
// let through.
[[nodiscard]] std::optional<ReadProperty> read_syslog_property(const Field& line, Reporter& report);

}  // namespace uvinetd
