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

Result<LogTarget> open_log_for_role(const CommandLine& options, bool is_daemon,
                                    const std::string& syslog_path) {
  const bool is_asked_for = options.log_to_stderr;
  const bool has_file = !is_asked_for && !options.log_file.empty();
  if (has_file) {
    if (auto target = open_log_file(options.log_file)) return target;
  }
  const bool has_journal = !is_asked_for && options.log_to_journal;
  if (has_journal) {
    if (auto target = open_journal_target()) return target;
  }
  if (has_journal || uses_stderr(options, is_daemon)) {
    auto target = open_stderr_target();
    const bool is_stream = target.form == LogForm::Stream;
    if (is_stream && !is_asked_for) {
      if (auto fields = open_journal_target()) return fields;
    }
    if (target.fd.is_open() && (is_stream || !has_journal)) return target;
  }
  if (has_journal) {
    if (auto stream = open_journal_stream()) return stream;
  }
  auto target = open_syslog_target(syslog_path.c_str());
  if (target) return target;
  if (has_file && !is_daemon) {
    auto stand_in = open_stderr_target();
    if (stand_in.fd.is_open()) return stand_in;
  }
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
