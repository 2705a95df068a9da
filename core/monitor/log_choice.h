// SPDX-License-Identifier: ISC
// Where the log goes: "auto" of the command line.
#pragma once

#include "core/base/log.h"
#include "core/monitor/options.h"

namespace uvinetd {

inline constexpr char kSyslogPath[] = "/dev/log";

// A fresh target for one role: the journal or standard error in the foreground and with -e, else
// what [daemon] says, else syslog; a target that keeps lines waiting when there is no syslogd.
// Syslog stands in for a file or a journal that cannot be opened, and standard error for that where
// there is none. A journal that is standard error gets lines with fields, unless -e asks for it.
// `syslog_path`: where a syslogd is.
// Errors: descriptors.
[[nodiscard]] Result<LogTarget> open_log_for_role(const CommandLine& options, bool is_daemon,
                                                  const std::string& syslog_path);

}  // namespace uvinetd
