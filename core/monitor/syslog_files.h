// SPDX-License-Identifier: ISC
// What the monitor does on the disk for a syslog service, whose server may not: opening what it
// writes to, making room in files, finding terminals.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/config/syslog/syslog_rules.h"

namespace uvinetd {

// The target of a File, Terminal or Fifo, close-on-exec and non-blocking; it never becomes our
// controlling terminal, and opening it never waits.
//
// A file is made (`mode`) if it is not there, and no link is followed. What a rule calls a file may
// be a terminal or a FIFO by its kind, and is opened as that. Errors: those of open(2); EINVAL: it
// is something else, EMLINK: a file with another name too, ENOENT: no FIFO (it is not made).
[[nodiscard]] Result<UniqueFd> open_syslog_action(const SyslogAction& action, std::uint32_t mode);

// A terminal that somebody is logged in at, by its name below /dev. Errors: those of open(2);
// EINVAL: it is none; EPERM: its user wants no messages (mesg(1)), unless `asks_nobody`.
[[nodiscard]] Result<UniqueFd> open_user_terminal(const std::string& name, bool asks_nobody);

// FILE becomes FILE.1, FILE.1 becomes FILE.2 ...; of the old ones `keep` stay. FILE is then made
// anew with the owner and mode that it had. Returns it, open as open_syslog_action() does.
[[nodiscard]] Result<UniqueFd> rotate_syslog_file(const SyslogAction& action, unsigned keep,
                                                  std::uint32_t mode);

}  // namespace uvinetd
