// SPDX-License-Identifier: ISC
#include "core/monitor/log_choice.h"

#include <sys/socket.h>

#include "core/base/process.h"
#include "core/monitor/service_log_files.h"

namespace uvinetd {

namespace {

bool uses_stderr(const CommandLine& options, bool is_daemon) {
  const bool is_elsewhere =
      options.log_to_syslog || options.log_to_journal || !options.log_file.empty();
  return options.log_to_stderr || (!is_daemon && !is_elsewhere);
}

}  // namespace

Result<LogTarget> open_log_for_role(const CommandLine& options, bool is_daemon) {
  if (!options.log_to_stderr && !options.log_file.empty()) {
    if (auto target = open_log_file(options.log_file)) return target;
  }
  if (!options.log_to_stderr && options.log_to_journal) {
    auto target = open_stderr_target();
    if (target.fd.is_open() && target.form == LogForm::Journal) return target;
    if (auto stream = open_journal_target()) return stream;
  }
  if (uses_stderr(options, is_daemon)) {
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
