// SPDX-License-Identifier: ISC
// `reload`: what has become different, or why nothing has.
#include "core/config/check_report.h"
#include "core/config/diagnostic.h"
#include "core/ctl/live/print.h"
#include "core/ctl/live/text_table.h"
#include "core/ctl/live/values.h"

namespace uvinetd {
namespace {

using nlohmann::json;

Diagnostic read_diagnostic(const json& value) {
  Diagnostic out;
  const auto severity = text_of(value, "severity");
  out.severity = severity == "note"      ? Severity::Note
                 : severity == "warning" ? Severity::Warning
                                         : Severity::Error;
  const auto file = text_of(value, "file");
  if (!file.empty()) out.at.file = std::make_shared<const std::string>(file);
  out.at.line = static_cast<int>(number_of(value, "line").value_or(0));
  out.at.column = static_cast<int>(number_of(value, "column").value_or(0));
  out.message = text_of(value, "message");
  out.hint = text_of(value, "hint");
  out.slug = text_of(value, "slug");
  return out;
}

// "+ finger/tcp" for each that the daemon names.
std::string ids_text(const json& reload, const char* key, const char* mark, Paint paint,
                     PrintForm form) {
  std::string out;
  const auto* ids = member_of(reload, key);
  if (ids == nullptr || !ids->is_array()) return out;
  for (const auto& id : *ids) {
    out += painted(std::string(mark) + " " + value_text(id), paint, form.has_colors) + "\n";
  }
  return out;
}

std::string number_text(const json& reload, const char* key) {
  const auto number = number_of(reload, key);
  return number ? std::to_string(*number) : "-";
}

}  // namespace

Printed print_reload(const Answer& answer, PrintForm form) {
  Printed out;
  for (const auto* value : values_of(answer, "diagnostic")) {
    const auto diagnostic = read_diagnostic(*value);
    const auto paint = diagnostic.severity == Severity::Error     ? Paint::Bad
                       : diagnostic.severity == Severity::Warning ? Paint::Warning
                                                                  : Paint::None;
    out.err += painted(diagnostic.text(), paint, form.has_error_colors) + "\n";
  }
  if (const auto* reload = value_of(answer, "reload")) {
    out.out += ids_text(*reload, "added_ids", "+", Paint::Good, form);
    out.out += ids_text(*reload, "removed_ids", "-", Paint::Bad, form);
    out.out += ids_text(*reload, "changed_ids", "~", Paint::Warning, form);
    out.out += "kept " + number_text(*reload, "kept") + ", added " + number_text(*reload, "added") +
               ", removed " + number_text(*reload, "removed") + ", changed " +
               number_text(*reload, "changed") + "\n";
  }
  return out;
}

}  // namespace uvinetd
