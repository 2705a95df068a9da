// SPDX-License-Identifier: ISC
// The command line of uvinetd: what scripts written for the BSD, Debian and GNU inetds say, and
// ours. See uvinetd(8).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address_privacy.h"
#include "core/base/log_level.h"
#include "core/config/inetd/inetd_conf.h"
#include "spawn/spawner_choice.h"

namespace uvinetd {

// The socket that uvinetctl talks to, and who may.
struct ControlSettings {
  std::optional<std::string> path{};  // --control; "": none; nullopt: the default
  std::string group{};                // of [daemon]
  bool everybody_reads = false;       // the same
};

struct CommandLine {
  std::vector<std::string> config_paths;   // absolute; empty: the defaults
  bool foreground = false;                 // -f, -i, --foreground, -d, or implied (see below)
  bool debug = false;                      // -d: foreground, debug log on stderr
  bool log_to_stderr = false;              // -e
  bool log_to_syslog = false;              // by [daemon] of a file, in the foreground too
  bool log_to_journal = false;             // the same
  std::string log_file{};                  // the same; "": none
  LogFormat log_format = LogFormat::Text;  // by [daemon] of a file
  AddressPrivacy log_addresses = AddressPrivacy::Full;  // the same
  // Path to write, "" for none (-p '' or --pidfile=), nullopt: /run/inetd.pid as root, else none.
  std::optional<std::string> pid_file;
  int backlog = 4096;                                // -q
  std::optional<unsigned> starts_per_minute;         // -R; 0 is none
  std::optional<unsigned> instances;                 // -c
  std::optional<unsigned> source_starts_per_minute;  // -C
  std::optional<unsigned> instances_per_source;      // -s
  std::string default_host;                          // -a, numeric or a name
  bool log_connections = false;                      // --log-connections, -l
  bool logs_and_wraps = false;                       // -l, as other inetds have it
  bool wraps_programs = false;                       // -w, -l: hosts_access(5) is asked for them
  bool wraps_builtins = false;                       // -W
  bool pass_environment = false;                     // -E
  bool gnu_environment = false;                      // --environment: accepted, always on
  Dialect dialect = host_dialect();                  // --dialect
  bool check = false;                                // -n, --check
  bool json = false;                                 // --json (with --check)
  bool strict = false;                               // --strict
  int ready_fd = -1;                                 // --ready-fd
  bool core_dumps = false;                           // --core-dumps: roles stay dumpable
  std::string user = "uvinetd";                      // --user: the reactor's account
  StartBy start = StartBy::Exec;                     // --start: what a service does not say
  SpawnerKind spawner = SpawnerKind::PosixSpawn;     // --spawner
  ControlSettings control{};                         // --control
  bool drains = false;                               // by [daemon] of a file: how TERM ends it
  std::optional<std::chrono::milliseconds> drain_time{};  // the same
  bool has_user = false;                                  // --user was given
  bool has_spawner = false;                               // --spawner was given
};

struct ParsedCommandLine {
  CommandLine options;
  // Set when the program ends here: --help and --version (0, text for stdout) or a usage error
  // (2, text for stderr).
  std::optional<int> exit_status;
  std::string text;
};

// Relative paths are made absolute by the working directory (the daemon leaves it). The foreground
// is implied as PID 1, under NOTIFY_SOCKET, and when LISTEN_PID is this process. `argv` begins with
// the program's name. Options that cannot be done are usage errors.
[[nodiscard]] ParsedCommandLine parse_command_line(const std::vector<std::string>& argv);

// What --help prints: every option there is, in lines of at most 80 columns.
[[nodiscard]] std::string_view help_text();

}  // namespace uvinetd
