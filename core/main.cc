// SPDX-License-Identifier: ISC
// uvinetd: the program that people start. It reads the command line and the configuration, says
// what is wrong with them, becomes a daemon, and then is the monitor.
#include <unistd.h>

#include <array>
#include <climits>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/process.h"
#include "core/config/check_report.h"
#include "core/monitor/inherited_sockets.h"
#include "core/monitor/log_choice.h"
#include "core/monitor/monitor.h"
#include "core/monitor/options.h"
#include "core/monitor/start.h"
#include "core/monitor/upgrade/take_over.h"
#include "spawn/identity.h"

namespace uvinetd {
namespace {

constexpr const char* kDefaultPidFile = "/run/inetd.pid";

std::string working_directory() {
  std::array<char, PATH_MAX> path{};
  return getcwd(path.data(), path.size()) != nullptr ? path.data() : "/";
}

std::string pid_file_path(const CommandLine& options) {
  if (options.pid_file) return *options.pid_file;
  return can_change_identity() ? kDefaultPidFile : "";
}

int fail_early(StartReport& report, bool is_daemon, const std::string& reason) {
  if (!is_daemon) std::fprintf(stderr, "uvinetd: %s\n", reason.c_str());
  report.failed(1, "uvinetd: " + reason);
  return 1;
}

// Becomes a daemon, if it is to be one, and serves.
int start(Prepared prepared, MonitorStart start) {
  const auto& options = prepared.options;
  start.is_daemon = !options.foreground;
  auto binaries = RoleBinaries::open();
  if (!binaries) return fail_early(start.report, false, binaries.error().text());
  start.binaries = std::move(*binaries);
  if (start.is_daemon) {
    auto started = daemonise();
    if (!started) return fail_early(start.report, false, started.error().text());
    start.report = std::move(*started);
  }
  std::signal(SIGPIPE, SIG_IGN);
  if (const auto path = pid_file_path(options); !path.empty()) {
    auto opened = PidFile::open(path);
    // A container may have no place for it: then there is none, as long as nobody asked for one.
    if (opened) {
      start.pid_file = std::move(*opened);
    } else if (options.pid_file || std::string_view(opened.error().op) == "lock") {
      return fail_early(start.report, start.is_daemon, opened.error().text());
    }
  }
  Log log;
  return serve(std::move(prepared), std::move(start), log);
}

int run(const std::vector<std::string>& argv) {
  if (const auto order = take_resume_order()) return take_over(*order, argv);
  if (const auto state = upgrade_check_order(argv)) return check_upgrade(*state);
  MonitorStart found;
  found.argv = argv;

  found.directory = working_directory();
  auto parsed = parse_command_line(argv);
  if (parsed.exit_status) {
    std::fputs(parsed.text.c_str(), *parsed.exit_status == 0 ? stdout : stderr);
    return *parsed.exit_status;
  }
  auto options = std::move(parsed.options);
  set_default_config(options);
  (void)raise_descriptor_limit(RLIM_INFINITY);  // as far as it goes; servers get the original
  if (options.check) {
    const auto config = load_config(options.config_paths, load_options(options));
    return print_check(config, {options.json, options.strict});
  }
  auto prepared = prepare(std::move(options));
  if (!prepared) {
    std::fprintf(stderr, "uvinetd: %s\n", prepared.error().text().c_str());
    return kBadConfiguration;
  }
  found.inherited = InheritedSockets::take(prepared->options.ready_fd);
  clean_inherited_state(prepared->options.ready_fd, found.inherited.descriptors());
  set_process_title(invoked_as(argv.front()).c_str());
  const auto& config = prepared->config;
  for (const auto& diagnostic : config.diagnostics) {
    std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
  }
  if (is_unusable(config) ||
      (prepared->options.strict && has_warnings_or_errors(config.diagnostics))) {
    std::fputs("uvinetd: not started: the configuration has to be mended first\n", stderr);
    return kBadConfiguration;
  }
  return start(std::move(*prepared), std::move(found));
}

}  // namespace
}  // namespace uvinetd

int main(int argc, char** argv) {
  if (argc == 0) return 2;
  return uvinetd::run({argv, argv + argc});
}
