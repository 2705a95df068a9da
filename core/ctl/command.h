// SPDX-License-Identifier: ISC
// The command line of uvinetctl. See uvinetctl(1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/inetd/inetd_conf.h"

namespace uvinetd {

enum class Verb : std::uint8_t { Check, Show, Convert };

struct Command {
  enum class Target : std::uint8_t { Toml, Inetd };

  Verb verb = Verb::Check;
  std::vector<std::string> operands;  // files as they are written; never empty
  Dialect dialect = host_dialect();   // --dialect
  bool json = false;                  // --json
  bool strict = false;                // check --strict
  Target target = Target::Toml;       // convert --to
  std::string output;                 // convert -o; "": standard output
  bool force = false;                 // convert --force
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

// What --help prints, in lines of at most 80 columns; nullopt: of the program as a whole.
[[nodiscard]] std::string_view ctl_help_text(std::optional<Verb> verb);

}  // namespace uvinetd
