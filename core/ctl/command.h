// SPDX-License-Identifier: ISC
// The command line of uvinetctl. See uvinetctl(1).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/inetd/inetd_conf.h"
#include "core/control/request.h"

namespace uvinetd {

// In the order in which --help names them. Show is of either kind.
enum class Verb : std::uint8_t {
  // of a running daemon
  DaemonStatus,
  List,
  Show,
  Ps,
  Match,
  Metrics,
  Tail,
  Bans,
  Top,
  Reload,
  Pause,
  Resume,
  Ban,
  Unban,
  Kill,
  Stop,
  Upgrade,
  ReopenLogs,
  // of files
  Check,
  Convert,
};
inline constexpr auto kLastVerb = Verb::Convert;

// What the verbs take that ask a daemon.
struct LiveOptions {
  enum class Color : std::uint8_t { Auto, Always, Never };

  std::string socket;            // --socket; "": the default of this user
  Color color = Color::Auto;     // --color
  std::chrono::seconds wait{0};  // --wait: how long the daemon may be silent; 0: the default
  ControlRequest request;
  std::string sort;                        // list, top --sort: a column; "": the daemon's order
  bool reverse = false;                    // list, top --reverse
  std::string filter;                      // list, top --filter
  bool running = false;                    // list --running
  bool paused = false;                     // list --paused
  std::chrono::milliseconds delay{1'000};  // top -d
};

struct Command {
  enum class Target : std::uint8_t { Toml, Inetd };

  Verb verb = Verb::Check;
  std::vector<std::string> operands;  // as they are written: files, or an id, an address, ...
  Dialect dialect = host_dialect();   // --dialect
  bool has_dialect = false;           // it is written
  bool json = false;                  // --json
  bool strict = false;                // check --strict
  Target target = Target::Toml;       // convert --to
  std::string output;                 // convert -o; "": standard output
  bool force = false;                 // convert --force
  LiveOptions live;
};

struct ParsedCommand {
  Command command;
  // Set when the program ends here: --help and --version (0, text for stdout) or a usage error
  // (2, text for stderr).
  std::optional<int> exit_status;
  std::string text;
};

// `argv` begins with the program's name.
[[nodiscard]] ParsedCommand parse_command(const std::vector<std::string>& argv);

[[nodiscard]] std::string_view verb_name(Verb verb);

// What --help prints, in lines of at most 80 columns; nullopt: of the program as a whole.
[[nodiscard]] std::string ctl_help_text(std::optional<Verb> verb);

}  // namespace uvinetd
