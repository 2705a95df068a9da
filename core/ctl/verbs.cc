// SPDX-License-Identifier: ISC
#include "core/ctl/verbs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/base/installed.h"
#include "core/base/run_folder.h"
#include "core/config/check_report.h"
#include "core/config/load/loader.h"
#include "core/config/quote.h"
#include "core/config/spec_json.h"
#include "core/config/suggest.h"
#include "core/ctl/convert.h"
#include "core/ctl/live/live_verbs.h"
#include "core/ctl/live/print.h"
#include "core/ctl/output_file.h"
#include "core/ctl/top/top.h"

namespace uvinetd {
namespace {

constexpr int kFailure = 1;

LoadOptions load_options(const Command& command) {
  LoadOptions out;
  out.inetd.dialect = command.dialect;
  out.uid = geteuid();
  out.inetd.is_root = out.uid == 0;
  out.hosts_access_files = system_hosts_access_files();
  out.tcpd_paths = system_tcpd_paths();
  out.syslog_program = find_program(kSyslogProgram);
  out.run_folder = run_folder();
  return out;
}

// As uvinetd names its files.
std::vector<std::string> absolute(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const auto& path : paths) {
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error);
    out.push_back(error ? path : whole.string());
  }
  return out;
}

int fail_with(const std::string& reason) {
  std::fprintf(stderr, "uvinetctl: %s\n", reason.c_str());
  return kFailure;
}

void print(const Diagnostics& diagnostics) {
  for (const auto& diagnostic : diagnostics) {
    std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
  }
}

int check(const Command& command) {
  auto options = load_options(command);
  options.inspects_programs = true;
  const auto config = load_config(absolute(command.operands), options);
  return print_check(config, {command.json, command.strict});
}

bool is_configuration(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

// Leaves the service called `id`; false: there is none.
bool keep_only(const std::string& id, LoadedConfig& config) {
  std::erase_if(config.services, [&](const LoadedService& each) { return each.spec.id != id; });
  std::erase_if(config.unresolved, [&](const ServiceSpec& each) { return each.id != id; });
  return !config.services.empty() || !config.unresolved.empty();
}

std::string hint_for(const std::string& id, const LoadedConfig& config) {
  std::vector<std::string> known;
  for (const auto& each : config.services) known.push_back(each.spec.id);
  for (const auto& each : config.unresolved) known.push_back(each.id);
  const auto hint = did_you_mean(id, std::span<const std::string>(known));
  return hint.empty() ? "" : " (" + hint + ")";
}

// A word alone that names no file is the id of a service of the running daemon; one that can only
// be meant as a path, and anything that says how to read files, is about files.
bool asks_daemon(const Command& command) {
  if (!command.live.socket.empty()) return true;
  if (command.operands.size() != 1 || command.has_dialect) return false;
  const auto& word = command.operands[0];
  const bool is_path = word.starts_with('/') || word.starts_with("./") || word.starts_with("../");
  struct stat status {};
  return !is_path && lstat(word.c_str(), &status) != 0;
}

int show_running(const Command& command) {
  auto asked = command;
  asked.live.request.id = command.operands[0];
  const auto status = run_live(asked);
  if (status == kNoDaemon && command.live.socket.empty()) {
    fail_with("nor is there a file " + uvinetd::quoted(command.operands[0]));
  }
  return status;
}

int show(const Command& command) {
  if (asks_daemon(command)) return show_running(command);
  auto paths = command.operands;
  std::string id;
  if (paths.size() > 1 && !is_configuration(paths.back())) {
    id = paths.back();
    paths.pop_back();
  }
  auto config = load_config(absolute(paths), load_options(command));
  print(config.diagnostics);
  if (config.is_unreadable) return kBadConfiguration;
  const auto status = has_errors(config.diagnostics) ? kBadConfiguration : 0;
  if (!id.empty()) {
    const auto hint = hint_for(id, config);
    if (!keep_only(id, config))
      return fail_with("there is no service or file " + uvinetd::quoted(id) + hint);
  }
  const auto written = write_standard_output(json_text(table_json(config)));
  return written ? status : fail_with(written.error().text());
}

int convert(const Command& command) {
  const auto options = load_options(command);
  const auto config = read_config(command.operands, options);
  print(config.diagnostics);
  if (config.is_unreadable) return kBadConfiguration;
  const auto converted =
      uvinetd::convert(config, command.target, command.dialect, system_service_names());
  print(converted.lost);
  const auto if_there = command.force ? IfThere::Replace : IfThere::Refuse;
  const auto written = command.output.empty()
                           ? write_standard_output(converted.text)
                           : write_whole_file(command.output, converted.text, if_there);
  if (!written) {
    const bool is_there = written.error().code == EEXIST;
    return fail_with(written.error().text() + (is_there ? " (--force replaces it)" : ""));
  }
  return converted.is_complete ? 0 : kBadConfiguration;
}

}  // namespace

int run_command(const Command& command) {
  switch (command.verb) {
    case Verb::Check:
      return check(command);
    case Verb::Show:
      return show(command);
    case Verb::Convert:
      return convert(command);
    case Verb::Top:
      return run_top(command);
    case Verb::DaemonStatus:
    case Verb::List:
    case Verb::Ps:
    case Verb::Match:
    case Verb::Metrics:
    case Verb::Tail:
    case Verb::Bans:
    case Verb::Reload:
    case Verb::Pause:
    case Verb::Resume:
    case Verb::Ban:
    case Verb::Unban:
    case Verb::Kill:
    case Verb::Stop:
    case Verb::Upgrade:
    case Verb::ReopenLogs:
      return run_live(command);
  }
  return kFailure;
}

}  // namespace uvinetd
