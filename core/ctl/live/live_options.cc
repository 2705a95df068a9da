// SPDX-License-Identifier: ISC
#include "core/ctl/live/live_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "core/config/toml/values.h"
#include "core/ctl/live/service_columns.h"
#include "core/ctl/live/signal_names.h"
#include "core/ctl/usage_error.h"

namespace uvinetd {
namespace {

using Strings = std::vector<std::string>;

// ---- operands ----------------------------------------------------------------------------------

[[noreturn]] void refuse_operands(const Command& command, std::string_view form) {
  throw UsageError(std::string(verb_name(command.verb)) +
                   (form.empty() ? " takes no operand" : " needs " + std::string(form)));
}

void take_none(Command& command) {
  if (!command.operands.empty()) refuse_operands(command, "");
}

void take_id(Command& command) {
  if (command.operands.size() != 1) refuse_operands(command, "one ID");
  command.live.request.id = command.operands[0];
}

void take_id_if_there(Command& command) {
  if (command.operands.size() > 1) refuse_operands(command, "one ID, or none");
  if (!command.operands.empty()) command.live.request.id = command.operands[0];
}

void take_id_and_address(Command& command) {
  if (command.operands.size() != 2) refuse_operands(command, "an ID and an ADDRESS");
  command.live.request.id = command.operands[0];
  command.live.request.address = command.operands[1];
}

void take_address(Command& command) {
  if (command.operands.size() != 1) refuse_operands(command, "one ADDRESS");
  command.live.request.address = command.operands[0];
}

std::int64_t seconds_from(const std::string& text, const char* what) {
  const auto duration = parse_duration(text);
  if (!duration) {
    throw UsageError(std::string(what) + " is a time, as \"30s\", \"10min\", \"1h\", not " +
                     uvinetd::quoted(text));
  }
  return duration->count();
}

void take_ban(Command& command) {
  const auto& words = command.operands;
  if (words.empty() || words.size() > 2) refuse_operands(command, "an ADDRESS, and a TIME or none");
  command.live.request.address = words[0];
  if (words.size() < 2 || words[1] == "forever") return;
  const auto seconds = seconds_from(words[1], "TIME");
  if (seconds == 0) throw UsageError("a ban of no time: unban takes one away");
  command.live.request.seconds = seconds;
}

// A number is a process: no service's id is one.
void take_kill(Command& command) {
  const auto& words = command.operands;
  if (words.empty() || words.size() > 2) {
    refuse_operands(command, "an ID or a PID, and a SIGNAL or none");
  }
  auto& request = command.live.request;
  const auto* const end = words[0].data() + words[0].size();
  const auto [stop, error] = std::from_chars(words[0].data(), end, request.pid);
  const bool is_number = error != std::errc::invalid_argument && stop == end;
  if (is_number && (error != std::errc() || request.pid <= 0)) {
    throw UsageError("no PID: " + uvinetd::quoted(words[0]));
  }
  if (!is_number) {
    request.pid = 0;
    request.id = words[0];
  }
  if (words.size() < 2) return;
  const auto number = signal_from_text(words[1]);
  if (!number) {
    throw UsageError(
        with_hint("unknown signal " + uvinetd::quoted(words[1]), signal_hint(words[1])));
  }
  request.signal = *number;
}

// ---- options -----------------------------------------------------------------------------------

void add_text(CLI::App& app, const char* name, std::string& out, const char* what) {
  app.add_option_function<std::string>(
         name,
         [&out, name, what](const std::string& text) {
           if (text.empty()) throw UsageError(std::string(name) + ": an empty " + what);
           out = text;
         })
      ->take_last();
}

void add_sort(CLI::App& app, Command& command, ColumnPlace place) {
  app.add_option_function<std::string>(
         "--sort",
         [&command, place](const std::string& name) {
           if (find_column(name, place) == nullptr) {
             const auto known = column_names(place);
             throw UsageError(with_hint("--sort: unknown column " + uvinetd::quoted(name),
                                        did_you_mean(name, known)));
           }
           command.live.sort = name;
         })
      ->take_last();
  app.add_flag("--reverse", command.live.reverse);
  add_text(app, "--filter", command.live.filter, "TEXT");
}

void add_nothing(CLI::App& /*app*/, Command& /*command*/) {}

void add_list(CLI::App& app, Command& command) {
  add_sort(app, command, ColumnPlace::List);
  app.add_flag("--running", command.live.running);
  app.add_flag("--paused", command.live.paused);
}

void add_metrics(CLI::App& app, Command& command) {
  app.add_flag("--services", command.live.request.services);
}

void add_pause(CLI::App& app, Command& command) {
  app.add_flag("--refuse", command.live.request.refuse);
}

// A CLI11 option of a list takes every word after it: these take one each time.
void add_tail(CLI::App& app, Command& command) {
  auto& request = command.live.request;
  app.add_option_function<Strings>("--id",
                                   [&request](const Strings& ids) {
                                     for (const auto& id : ids) {
                                       if (id.empty()) throw UsageError("--id: an empty ID");
                                     }
                                     request.ids = ids;
                                   })
      ->allow_extra_args(false);
  app.add_option_function<Strings>(
         "--event",
         [&request](const Strings& names) {
           const auto& known = event_names();
           for (const auto& name : names) {
             if (std::find(known.begin(), known.end(), name) != known.end()) {
               continue;
             }
             throw UsageError(with_hint("--event: unknown event " + uvinetd::quoted(name),
                                        did_you_mean(name, known)));
           }
           request.events = names;
         })
      ->allow_extra_args(false);
}

void add_stop(CLI::App& app, Command& command) {
  app.add_option_function<std::string>("--drain",
                                       [&command](const std::string& text) {
                                         command.live.request.drain_seconds =
                                             seconds_from(text, "--drain");
                                       })
      ->take_last();
}

void add_top(CLI::App& app, Command& command) {
  add_sort(app, command, ColumnPlace::Top);
  app.add_option_function<double>("-d,--delay",
                                  [&command](double seconds) {
                                    constexpr double kLeast = 0.1;
                                    constexpr double kMost = 3600;
                                    if (!(seconds >= kLeast && seconds <= kMost)) {
                                      throw UsageError("-d: from 0.1 to 3600 SECONDS");
                                    }
                                    command.live.delay = std::chrono::milliseconds(
                                        static_cast<std::int64_t>(seconds * 1'000));
                                  })
      ->take_last();
}

constexpr std::array kForms{
    LiveForm{Verb::DaemonStatus, ControlVerb::DaemonStatus, add_nothing, take_none},
    LiveForm{Verb::List, ControlVerb::List, add_list, take_none},
    LiveForm{Verb::Show, ControlVerb::Show, add_nothing, take_id},
    LiveForm{Verb::Ps, ControlVerb::Ps, add_nothing, take_id_if_there},
    LiveForm{Verb::Match, ControlVerb::Match, add_nothing, take_id_and_address},
    LiveForm{Verb::Metrics, ControlVerb::Metrics, add_metrics, take_none},
    LiveForm{Verb::Tail, ControlVerb::Tail, add_tail, take_none},
    LiveForm{Verb::Bans, ControlVerb::Bans, add_nothing, take_none},
    LiveForm{Verb::Top, ControlVerb::List, add_top, take_none},
    LiveForm{Verb::Reload, ControlVerb::Reload, add_nothing, take_none},
    LiveForm{Verb::Pause, ControlVerb::Pause, add_pause, take_id},
    LiveForm{Verb::Resume, ControlVerb::Resume, add_nothing, take_id},
    LiveForm{Verb::Ban, ControlVerb::Ban, add_nothing, take_ban},
    LiveForm{Verb::Unban, ControlVerb::Unban, add_nothing, take_address},
    LiveForm{Verb::Kill, ControlVerb::Kill, add_nothing, take_kill},
    LiveForm{Verb::Stop, ControlVerb::Stop, add_stop, take_none},
    LiveForm{Verb::Upgrade, ControlVerb::Upgrade, add_nothing, take_none},
    LiveForm{Verb::ReopenLogs, ControlVerb::ReopenLogs, add_nothing, take_none},
};

}  // namespace

const LiveForm* live_form(Verb verb) {
  const auto* found = std::find_if(kForms.begin(), kForms.end(),
                                   [&](const auto& form) { return form.verb == verb; });
  return found == kForms.end() ? nullptr : found;
}

void add_live_options(CLI::App& app, Command& command) {
  add_text(app, "--socket", command.live.socket, "PATH");
  app.add_option_function<std::string>(
         "--color",
         [&command](const std::string& when) {
           using Color = LiveOptions::Color;
           static constexpr std::array<std::string_view, 3> kWords{"auto", "always", "never"};
           static constexpr std::array kColors{Color::Auto, Color::Always, Color::Never};
           const auto* found = std::find(kWords.begin(), kWords.end(), when);
           if (found == kWords.end()) {
             throw UsageError(
                 with_hint("--color: auto, always or never, not " + uvinetd::quoted(when),
                           did_you_mean(when, kWords)));
           }
           command.live.color = kColors[static_cast<std::size_t>(found - kWords.begin())];
         })
      ->take_last();
  app.add_option_function<std::string>("--wait",
                                       [&command](const std::string& text) {
                                         constexpr std::int64_t kMost = 24 * 3600;
                                         const auto seconds = seconds_from(text, "--wait");
                                         if (seconds == 0 || seconds > kMost)
                                           throw UsageError("--wait: from 1s to 1d");
                                         command.live.wait = std::chrono::seconds(seconds);
                                       })
      ->take_last();
}

// The vocabulary of the log: uvinetd-tuning(7).
const std::vector<std::string_view>& event_names() {
  static const std::vector<std::string_view> kNames{
      "start", "exit",   "refuse",   "pause",  "resume", "timeout", "zygote",
      "ident", "stderr", "repeated", "reload", "ban",    "unban",   "upgraded"};
  return kNames;
}

}  // namespace uvinetd
