// SPDX-License-Identifier: ISC
// What a line of a syslog.conf does with what it selects.
#pragma once

#include <optional>

#include "core/config/field.h"
#include "core/config/reporter.h"
#include "core/config/syslog/syslog_rules.h"

namespace uvinetd {

struct ReadAction {
  SyslogAction action;
  bool is_final = false;  // "~", "stop"
};

// All of a line behind its selector, without blanks around it. nullopt: reported.
[[nodiscard]] std::optional<ReadAction> read_syslog_action(const Field& field,
                                                           SyslogDialect dialect, Reporter& report);

}  // namespace uvinetd
