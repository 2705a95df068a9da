// SPDX-License-Identifier: ISC
// uvinetd: the program that people start. It reads the command line and the configuration, says
// what is wrong with them, becomes a daemon, and then is the monitor.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/process.h"
#include "core/config/check_report.h"
#include "core/monitor/daemon_settings.h"
#include "core/monitor/log_choice.h"
#include "core/monitor/monitor.h"
#include "core/monitor/options.h"
#include "core/monitor/socket_filter.h"
#include "spawn/identity.h"

extern char** environ;

namespace uvinetd {
namespace {

constexpr const char* kNativeConfig = "/etc/uvinetd/uvinetd.toml";
constexpr const char* kClassicConfig = "/etc/inetd.conf";
constexpr const char* kDefaultPidFile = "/run/inetd.pid";

// "inetd" or "uvinetd", as invoked: update-inetd(8) knows its daemon by this name.
std::string invoked_as(const char* path) {
  const std::string text(path != nullptr ? path : "");
  const auto name = text.substr(text.rfind('/') + 1);
  return name == "inetd" ? name : "uvinetd";
}

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
  return out;
}

std::vector<std::string> environment_to_pass() {
  std::vector<std::string> out;
  for (char** at = environ; *at != nullptr; ++at) out.emplace_back(*at);
  remove_supervisor_variables(out);
  return out;
}

std::string default_config() {
  return access(kNativeConfig, F_OK) == 0 ? kNativeConfig : kClassicConfig;
}

// Nothing good among what was written, or a file that cannot be read.
bool is_unusable(const LoadedConfig& config) {
  return config.is_unreadable ||
         (config.services_written > 0 && config.services.empty() && config.unresolved.empty());
}

std::string pid_file_path(const CommandLine& options) {
  if (options.pid_file) return *options.pid_file;
  return can_change_identity() ? kDefaultPidFile : "";
}

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

int fail_early(StartReport& report, bool is_daemon, const std::string& reason) {
  if (!is_daemon) std::fprintf(stderr, "uvinetd: %s\n", reason.c_str());
  report.failed(1, "uvinetd: " + reason);
  return 1;
}

int serve(CommandLine options, LoadedConfig config, ReactorAccount account) {
  StartReport report;
  const bool is_daemon = !options.foreground;
  auto binaries = RoleBinaries::open();
  if (!binaries) return fail_early(report, false, binaries.error().text());
  if (is_daemon) {
    auto started = daemonise();
    if (!started) return fail_early(report, false, started.error().text());
    report = std::move(*started);
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::optional<PidFile> pid_file;
  if (const auto path = pid_file_path(options); !path.empty()) {
    auto opened = PidFile::open(path);
    // A container may have no place for it: then there is none, as long as nobody asked for one.
    if (opened) {
      pid_file = std::move(*opened);
    } else if (options.pid_file || std::string_view(opened.error().op) == "lock") {
      return fail_early(report, is_daemon, opened.error().text());
    }
  }
  Log log;
  log.set_format(options.log_format);
  log.set_level(options.debug ? LogLevel::Debug : LogLevel::Info);
  if (auto target = open_log_for_role(options, is_daemon)) log.open(std::move(*target), "uvinetd");
  if (is_daemon) {
    for (const auto& diagnostic : config.diagnostics) {
      log.write(level_of(diagnostic.severity), diagnostic.text());
    }
  }
  MonitorStart start{std::move(options),  {},
                     std::move(config),   std::move(*binaries),
                     std::move(pid_file), std::move(report),
                     is_daemon,           {},
                     std::move(account)};
  start.load = load_options(start.options);
  start.environment = environment_to_pass();
  Monitor monitor(std::move(start), log);
  return monitor.run();
}

int run(int argc, char** argv) {
  auto parsed = parse_command_line({argv, argv + argc});
  if (parsed.exit_status) {
    std::fputs(parsed.text.c_str(), *parsed.exit_status == 0 ? stdout : stderr);
    return *parsed.exit_status;
  }
  auto options = std::move(parsed.options);
  if (options.config_paths.empty()) options.config_paths.push_back(default_config());
  (void)raise_descriptor_limit(RLIM_INFINITY);  // as far as it goes; servers get the original
  std::optional<AccountLookup> account;
  if (!options.check) account.emplace(options.user);
  auto config = load_config(options.config_paths, load_options(options));
  if (options.check) return print_check(config, {options.json, options.strict});
  if (auto status = take_daemon_settings(config.daemon, options); !status) {
    std::fprintf(stderr, "uvinetd: %s\n", status.error().text().c_str());
    return kBadConfiguration;
  }
  if (config.daemon.user) account.emplace(options.user);
  auto reactor_account = account->take();  // before its helper's channel is closed with all else
  clean_inherited_state(options.ready_fd);
  set_process_title(invoked_as(argv[0]).c_str());
  for (const auto& diagnostic : config.diagnostics) {
    std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
  }
  if (is_unusable(config) || (options.strict && has_warnings_or_errors(config.diagnostics))) {
    std::fputs("uvinetd: not started: the configuration has to be mended first\n", stderr);
    return kBadConfiguration;
  }
  return serve(std::move(options), std::move(config), std::move(reactor_account));
}

}  // namespace
}  // namespace uvinetd

int main(int argc, char** argv) {
  return uvinetd::run(argc, argv);
}
