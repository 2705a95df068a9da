// SPDX-License-Identifier: ISC
#include "core/monitor/settings/settings.h"
#include "core/monitor/syslog_keeper.h"

namespace uvinetd {

StdioSettings stdio_settings(const LoadedService& service, const CommandLine& /*options*/) {
  StdioSettings out;
  if (!has_server(service.spec)) return out;
  if (!service.syslog.is_default()) out.channel = SyslogKeeper::channel_name(service.spec.id);
  switch (service.spec.more->stderr_to) {
    case StderrTo::Socket:
      break;
    case StderrTo::Log:
      out.errors = ErrorOutput::Log;
      break;
    case StderrTo::Null:
      out.errors = ErrorOutput::Null;
      break;
    case StderrTo::File:
      out.errors = ErrorOutput::File;
      out.file = service.spec.more->stderr_file;
      break;
  }
  return out;
}

}  // namespace uvinetd
