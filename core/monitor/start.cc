// SPDX-License-Identifier: ISC
#include "core/monitor/start.h"

#include <unistd.h>

#include <utility>

#include "core/base/installed.h"
#include "core/base/run_folder.h"
#include "core/monitor/daemon_settings.h"
#include "core/monitor/log_choice.h"
#include "core/monitor/socket_filter.h"
#include "spawn/identity.h"

extern char** environ;

namespace uvinetd {
namespace {

constexpr const char* kNativeConfig = "/etc/uvinetd/uvinetd.toml";
constexpr const char* kClassicConfig = "/etc/inetd.conf";

LogLevel level_of(Severity severity) {
  switch (severity) {
    case Severity::Note:
      return LogLevel::Info;
    case Severity::Warning:
      return LogLevel::Warning;
    case Severity::Error:
      return LogLevel::Error;
  }
  return LogLevel::Error;
}

}  // namespace

LoadOptions load_options(const CommandLine& options) {
  LoadOptions out;
  out.inetd.dialect = options.dialect;
  out.inetd.default_host = options.default_host;
  out.inetd.is_root = can_change_identity();
  out.uid = geteuid();
  out.hosts_access_files = system_hosts_access_files();
  out.tcpd_paths = system_tcpd_paths();
  out.filters_streams = can_filter(SOCK_STREAM);
  out.filters_datagrams = can_filter(SOCK_DGRAM);
  out.wraps_programs = options.wraps_programs;
  out.wraps_builtins = options.wraps_builtins;
  out.start = options.start;
  out.inspects_programs = options.check;
  out.passes_environment = options.pass_environment;
  out.syslog_program = find_program(kSyslogProgram);
  if (options.has_user) out.daemon_user = options.user;
  out.run_folder = run_folder();
  return out;
}

void set_default_config(CommandLine& options) {
  if (!options.config_paths.empty()) return;
  options.config_paths.push_back(access(kNativeConfig, F_OK) == 0 ? kNativeConfig : kClassicConfig);
}

bool is_unusable(const LoadedConfig& config) {
  return config.is_unreadable ||
         (config.services_written > 0 && config.services.empty() && config.unresolved.empty());
}

Result<Prepared> prepare(CommandLine options, std::vector<std::string> logs_with_rules) {
  std::optional<AccountLookup> account(options.user);  // looks while the files are read
  auto load = load_options(options);
  load.logs_with_rules = std::move(logs_with_rules);
  auto config = load_config(options.config_paths, load);
  if (auto status = take_daemon_settings(config.daemon, options); !status) {
    return tl::unexpected(status.error());
  }
  if (config.daemon.user) account.emplace(options.user);
  auto found = account->take();
  return Prepared{std::move(options), std::move(config), std::move(found)};
}

int serve(Prepared prepared, MonitorStart start, Log& log) {
  log.set_format(prepared.options.log_format);
  log.set_level(prepared.options.debug ? LogLevel::Debug : LogLevel::Info);
  if (auto target = open_log_for_role(prepared.options, start.is_daemon, kSyslogPath)) {
    log.open(std::move(*target), "uvinetd");
  }
  if (start.resumed) {
    for (const auto& problem : start.problems) log.error("{}", problem);
  } else if (start.is_daemon) {
    for (const auto& diagnostic : prepared.config.diagnostics) {
      log.write(level_of(diagnostic.severity), diagnostic.text());
    }
  }
  start.options = std::move(prepared.options);
  start.config = std::move(prepared.config);
  start.account = std::move(prepared.account);
  start.load = load_options(start.options);
  start.environment = environment_to_pass();
  Monitor monitor(std::move(start), log);
  return monitor.run();
}

std::string invoked_as(const std::string& path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return name == "inetd" ? name : "uvinetd";
}

std::vector<std::string> environment_to_pass() {
  std::vector<std::string> out;
  for (char** at = environ; *at != nullptr; ++at) out.emplace_back(*at);
  remove_supervisor_variables(out);
  return out;
}

}  // namespace uvinetd
