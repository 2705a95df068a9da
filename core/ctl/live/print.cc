// SPDX-License-Identifier: ISC
#include "core/ctl/live/print.h"

#include <algorithm>

#include "core/base/escape.h"
#include "core/config/check_report.h"
#include "core/ctl/live/values.h"

namespace uvinetd {
namespace {

// Whoever answers there, it is printed on a terminal.
std::string metrics_text(const Answer& answer) {
  constexpr std::size_t kLongestLine = 64 * 1024;
  const auto text = whole_text(answer);
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    out += one_line(rest.substr(0, end), kLongestLine);
    if (end < rest.size()) out += '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

std::string killed_text(const Answer& answer) {
  const auto* killed = value_of(answer, "killed");
  const auto count = killed == nullptr ? std::nullopt : number_of(*killed, "count");
  if (!count) return "";
  return "signalled " + std::to_string(*count) + (*count == 1 ? " server\n" : " servers\n");
}

// What kept the program that is there from taking over; from outside, like all that is answered.
std::string problems_text(const Answer& answer) {
  constexpr std::size_t kLongestLine = 4 * 1024;
  std::string out;
  for (const auto* problem : values_of(answer, "problem")) {
    if (problem->is_string()) {
      out += one_line(problem->get_ref<const std::string&>(), kLongestLine) + '\n';
    }
  }
  return out;
}

std::string upgraded_text(const Answer& answer) {
  const auto* upgrade = value_of(answer, "upgrade");
  if (upgrade == nullptr) return "";
  return "upgraded from " + text_of(*upgrade, "from") + " to " + text_of(*upgrade, "to") + '\n';
}

Printed text_of_answer(const Command& command, const Answer& answer, PrintForm form) {
  switch (command.live.request.verb) {
    case ControlVerb::DaemonStatus:
      return {print_status(answer, form), "", 0};
    case ControlVerb::List:
      return {print_list(command.live, answer, form), "", 0};
    case ControlVerb::Show:
      return {print_service(answer, form), "", 0};
    case ControlVerb::Ps:
      return {print_servers(answer, form), "", 0};
    case ControlVerb::Match:
      return {print_match(command, answer, form), "", 0};
    case ControlVerb::Metrics:
      return {metrics_text(answer), "", 0};
    case ControlVerb::Bans:
      return {print_bans(answer, form), "", 0};
    case ControlVerb::Reload:
      return print_reload(answer, form);
    case ControlVerb::Kill:
      return {killed_text(answer), "", 0};
    case ControlVerb::Upgrade:
      return {upgraded_text(answer), "", 0};
    case ControlVerb::Tail:  // is printed line by line
    case ControlVerb::Pause:
    case ControlVerb::Resume:
    case ControlVerb::Ban:
    case ControlVerb::Unban:
    case ControlVerb::Stop:
    case ControlVerb::ReopenLogs:
      break;
  }
  return {};
}

}  // namespace

std::string error_text(const AnswerError& error) {
  auto out = "uvinetctl: " + error.message;
  if (error.code == "denied") {
    out += " (root, who has started the daemon, and its control_group may change things)";
  }
  if (error.code == "version") out += ": use the uvinetctl that came with it";
  if (error.code == "unknown-verb") out += ": the daemon is older than this uvinetctl";
  return out + "\n";
}

int status_of(const Command& command, const Answer& answer) {
  if (!answer.error) return 0;
  if (answer.error->code == "denied") return kNotAllowed;
  const bool is_refused_reload = command.verb == Verb::Reload && answer.error->code == "refused";
  return is_refused_reload ? kBadConfiguration : kAnswerFailed;
}

Printed print_answer(const Command& command, const Answer& answer, PrintForm form) {
  Printed out;
  if (!answer.error) {
    out = text_of_answer(command, answer, form);
  } else {
    if (command.verb == Verb::Reload) out = print_reload(answer, form);
    if (command.verb == Verb::Upgrade) out.err = problems_text(answer);
    out.err += error_text(*answer.error);
  }
  out.status = status_of(command, answer);
  return out;
}

}  // namespace uvinetd
