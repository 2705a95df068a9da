// SPDX-License-Identifier: ISC
#include "core/monitor/daemon_settings.h"

#include <cerrno>
#include <string_view>

#include "core/config/toml/values.h"

namespace uvinetd {

Status take_daemon_settings(const DaemonSettings& settings, CommandLine& options) {
  if (settings.user && !options.has_user) options.user = *settings.user;
  if (settings.spawner && !options.has_spawner) {
    const auto kind = spawner_from_name(*settings.spawner);
    if (!kind) return fail("[daemon] spawner", *settings.spawner, EINVAL);
    if (!is_built_in(*kind)) return fail("[daemon] spawner", *settings.spawner, EOPNOTSUPP);
    options.spawner = *kind;
  }
  if (settings.control && !options.control.path) {
    options.control.path = *settings.control == "none" ? "" : *settings.control;
  }
  options.control.group = settings.control_group.value_or("");
  options.control.everybody_reads = settings.control_read == "all";
  if (settings.log && !options.log_to_stderr) {
    options.log_to_stderr = *settings.log == "stderr";
    options.log_to_syslog = *settings.log == "syslog";
    options.log_to_journal = *settings.log == "journal";
    constexpr std::string_view kFile = "file:";
    if (settings.log->starts_with(kFile)) options.log_file = settings.log->substr(kFile.size());
  }
  if (settings.log_format) {
    options.log_format = *settings.log_format == "json"     ? LogFormat::Json
                         : *settings.log_format == "xinetd" ? LogFormat::Xinetd
                                                            : LogFormat::Text;
  }
  if (settings.log_addresses) {
    options.log_addresses = *settings.log_addresses == "truncate" ? AddressPrivacy::Truncate
                            : *settings.log_addresses == "hash"   ? AddressPrivacy::Hash
                                                                  : AddressPrivacy::Full;
  }
  options.drains = settings.stop == "drain";
  if (settings.drain_time) options.drain_time = parse_duration(*settings.drain_time);
  return {};
}

}  // namespace uvinetd
