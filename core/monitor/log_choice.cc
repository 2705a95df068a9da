// SPDX-License-Identifier: ISC
#include "core/monitor/log_choice.h"

#include <fcntl.h>

namespace uvinetd {

Result<LogTarget> open_log_for_role(const CommandLine& options, bool is_daemon) {
  const bool uses_stderr = !is_daemon || options.log_to_stderr;
  if (uses_stderr) {
    auto target = open_stderr_target();
    if (target.fd.is_open()) return target;
  }
  auto target = open_syslog_target();
  if (target) return target;
  // Nobody listens yet: lines wait in the role's queue until a syslogd is there (LogLost).
  LogTarget lost;
  lost.form = LogForm::Syslog;
  lost.fd = UniqueFd(open("/dev/null", O_WRONLY | O_CLOEXEC));
  return lost;
}

}  // namespace uvinetd
