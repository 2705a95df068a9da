// SPDX-License-Identifier: ISC
// `mail.info;*.!=debug`: which messages a line of a syslog.conf selects.
#pragma once

#include <optional>

#include "core/config/field.h"
#include "core/config/reporter.h"
#include "core/config/syslog/syslog_rules.h"

namespace uvinetd {

// In the meaning of `dialect`, and with a warning where the other one takes something else; marks
// do not count for that. nullopt: reported.
[[nodiscard]] std::optional<SyslogMask> read_syslog_selector(const Field& field,
                                                             SyslogDialect dialect,
                                                             Reporter& report);

}  // namespace uvinetd
