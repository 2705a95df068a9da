// SPDX-License-Identifier: ISC
// --json: one document for an answer. Its forms are described in uvinetctl(1).
#include <nlohmann/json.hpp>

#include "core/config/spec_json.h"
#include "core/ctl/live/print.h"

namespace uvinetd {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kSchema = 1;  // grows only by addition

ordered_json list_of(const std::vector<const json*>& values) {
  auto out = ordered_json::array();
  for (const auto* value : values) out.push_back(ordered_json(*value));
  return out;
}

// The one value of this key; null where the daemon said none.
ordered_json one_of(const Answer& answer, std::string_view key) {
  const auto* value = value_of(answer, key);
  return value == nullptr ? ordered_json() : ordered_json(*value);
}

void fill(const Command& command, const Answer& answer, ordered_json& document) {
  switch (command.live.request.verb) {
    case ControlVerb::DaemonStatus:
      document["status"] = one_of(answer, "status");
      return;
    case ControlVerb::List:
      document["services"] = list_of(chosen_services(command.live, answer));
      return;
    case ControlVerb::Show:
      document["service"] = one_of(answer, "service");
      return;
    case ControlVerb::Ps:
      document["servers"] = list_of(values_of(answer, "server"));
      return;
    case ControlVerb::Match:
      document["match"] = one_of(answer, "match");
      return;
    case ControlVerb::Metrics:
      document["text"] = whole_text(answer);
      return;
    case ControlVerb::Bans:
      document["bans"] = list_of(values_of(answer, "ban"));
      return;
    case ControlVerb::Reload:
      document["reload"] = one_of(answer, "reload");
      document["diagnostics"] = list_of(values_of(answer, "diagnostic"));
      return;
    case ControlVerb::Upgrade:
      document["upgrade"] = one_of(answer, "upgrade");
      document["problems"] = list_of(values_of(answer, "problem"));
      return;
    case ControlVerb::Kill:
      document["killed"] = one_of(answer, "killed");
      return;
    case ControlVerb::Tail:
    case ControlVerb::Pause:
    case ControlVerb::Resume:
    case ControlVerb::Ban:
    case ControlVerb::Unban:
    case ControlVerb::Stop:
    case ControlVerb::ReopenLogs:
      document["done"] = true;
      return;
  }
}

ordered_json error_of(std::string_view code, std::string_view message) {
  return {{"code", code}, {"message", message}};
}

}  // namespace

std::string error_document(std::string_view code, std::string_view message) {
  return json_text(ordered_json{{"schema", kSchema}, {"error", error_of(code, message)}});
}

Printed print_document(const Command& command, const Answer& answer) {
  Printed out;
  out.status = status_of(command, answer);
  ordered_json document{{"schema", kSchema}};
  if (answer.error) {
    out.err = error_text(*answer.error);
    document["error"] = error_of(answer.error->code, answer.error->message);
    if (command.verb == Verb::Reload) {
      document["diagnostics"] = list_of(values_of(answer, "diagnostic"));
    }
  } else {
    fill(command, answer, document);
  }
  out.out = json_text(document);
  return out;
}

}  // namespace uvinetd
