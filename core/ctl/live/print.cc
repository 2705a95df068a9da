// SPDX-License-Identifier: ISC
#include "core/ctl/live/print.h"

#include "core/config/check_report.h"
#include "core/ctl/live/values.h"

namespace uvinetd {
namespace {

// Whoever answers there, it is printed on a terminal: no control characters, U+0080 to U+009F with
// them.
std::string without_controls(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0U;
    if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) {
      ++at;
    } else if ((byte >= ' ' && byte != 0x7f) || byte == '\n') {
      out += text[at];
    }
  }
  return out;
}

std::string metrics_text(const Answer& answer) {
  std::string out;
  for (const auto* piece : values_of(answer, "text")) {
    if (piece->is_string()) out += piece->get_ref<const std::string&>();
  }
  return without_controls(out);
}

std::string killed_text(const Answer& answer) {
  const auto* killed = value_of(answer, "killed");
  const auto count = killed == nullptr ? std::nullopt : number_of(*killed, "count");
  if (!count) return "";
  return "signalled " + std::to_string(*count) + (*count == 1 ? " server\n" : " servers\n");
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
    out.err += error_text(*answer.error);
  }
  out.status = status_of(command, answer);
  return out;
}

}  // namespace uvinetd
