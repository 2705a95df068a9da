// SPDX-License-Identifier: ISC
#include "core/monitor/log_choice.h"

#include <sys/socket.h>

#include "core/base/process.h"

namespace uvinetd {

Result<LogTarget> open_log_for_role(const CommandLine& options, bool is_daemon) {
  const bool uses_stderr = options.log_to_stderr || (!is_daemon && !options.log_to_syslog);
  if (uses_stderr) {
    auto target = open_stderr_target();
    if (target.fd.is_open()) return target;
  }
  auto target = open_syslog_target();
  if (target) return target;
  // Nobody listens yet: to a socket without a peer every line is lost, that is, it waits in the
  // queue of the role until a syslogd is there (LogTender).
  LogTarget lost;
  lost.form = LogForm::Syslog;
  lost.fd = UniqueFd(socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!lost.fd.is_open()) return fail_errno("socket");
  (void)set_cloexec(lost.fd.get());
  (void)set_nonblocking(lost.fd.get(), true);
  return lost;
}

}  // namespace uvinetd
