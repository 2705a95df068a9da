// SPDX-License-Identifier: ISC
// `tail`: an event in a line.
#include <array>

#include "core/base/escape.h"
#include "core/config/spec_json.h"
#include "core/ctl/live/print.h"
#include "core/ctl/live/text_table.h"
#include "core/ctl/live/values.h"

namespace uvinetd {
namespace {

using nlohmann::json;

Paint paint_of_level(std::string_view level) {
  if (level == "error" || level == "err") return Paint::Bad;
  if (level == "warning") return Paint::Warning;
  if (level == "debug") return Paint::Dim;
  return Paint::None;
}

// A text with blanks gets quotes; control characters have been made harmless.
std::string field_text(const json& value) {
  auto text = value_text(value);
  if (!value.is_string() || text.find_first_of(" \"") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

// "2026-11-26T10:16:34.123Z refuse id=finger/tcp from=192.0.2.1 reason=rate"
std::string print_event(const json& reply, PrintForm form) {
  if (const auto missed = number_of(reply, "missed")) {
    return painted("missed " + std::to_string(*missed) + " events: too slow a reader",
                   Paint::Warning, form.has_colors) +
           "\n";
  }
  const auto* event = member_of(reply, "event");
  if (event == nullptr || !event->is_object()) return "";
  auto out = painted(text_of(*event, "time"), Paint::Dim, form.has_colors);
  if (!out.empty()) out += " ";
  out +=
      painted(text_of(*event, "event"), paint_of_level(text_of(*event, "level")), form.has_colors);
  // As in the log; what is not known here comes in the order of its name.
  static constexpr std::array kFirst{"id",  "pid",      "from", "address", "status", "reason", "ms",
                                     "cpu", "received", "sent", "kept",    "added",  "removed"};
  auto rest = *event;
  for (const auto* key : {"time", "level", "event"}) rest.erase(key);
  for (const auto* key : kFirst) {
    if (const auto* value = member_of(rest, key)) {
      out += std::string(" ") + key + "=" + field_text(*value);
    }
    rest.erase(key);
  }
  constexpr std::size_t kLongestKey = 60;
  for (const auto& [key, value] : rest.items()) {
    out += " " + one_line(key, kLongestKey) + "=" + field_text(value);
  }
  return out + "\n";
}

std::string print_event_document(const json& reply) {
  if (!reply.contains("event") && !reply.contains("missed")) return "";
  json document = reply;
  document["schema"] = 1;
  return json_text(document, -1);
}

}  // namespace uvinetd
