// SPDX-License-Identifier: ISC
#include "core/config/diagnostic.h"

#include <algorithm>

namespace uvinetd {

const char* severity_name(Severity severity) {
  switch (severity) {
    case Severity::Note:
      return "note";
    case Severity::Warning:
      return "warning";
    case Severity::Error:
      return "error";
  }
  return "error";
}

std::string SourcePosition::text() const {
  std::string out = file ? *file : "command line";
  if (line > 0) {
    out += ':' + std::to_string(line);
    if (column > 0) out += ':' + std::to_string(column);
  }
  return out;
}

std::string Diagnostic::text() const {
  std::string out = at.text() + ": " + severity_name(severity) + ": " + message;
  if (!hint.empty()) out += " (" + hint + ")";
  if (!slug.empty()) out += " [" + slug + "]";
  return out;
}

bool has_warnings_or_errors(const Diagnostics& list) {
  return std::any_of(list.begin(), list.end(),
                     [](const Diagnostic& d) { return d.severity != Severity::Note; });
}

bool has_errors(const Diagnostics& list) {
  return std::any_of(list.begin(), list.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::Error; });
}

}  // namespace uvinetd
