// SPDX-License-Identifier: ISC
// The options and operands of the verbs that ask a running daemon.
#pragma once

#include "core/ctl/command.h"

namespace CLI {
class App;
}

namespace uvinetd {

// A verb of a running daemon: what it takes. Errors are thrown as UsageError.
struct LiveForm {
  Verb verb;
  ControlVerb asks;
  void (*add_options)(CLI::App& app, Command& command);
  // The operands into the request.
  void (*take)(Command& command);
};

// nullptr: a verb of files only.
[[nodiscard]] const LiveForm* live_form(Verb verb);

// --socket, --color, --wait: of all of them.
void add_live_options(CLI::App& app, Command& command);

// What `tail --event` knows.
[[nodiscard]] const std::vector<std::string_view>& event_names();

}  // namespace uvinetd
