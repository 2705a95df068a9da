// SPDX-License-Identifier: ISC
// What a front end has to say about a file: a place, a severity, a sentence, a hint, a stable slug.
//
//     inetd.conf:8:9: error: unknown socket type "strem" (did you mean "stream"?) [socket-type]
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace uvinetd {

// A place in a file. Lines and columns count from 1; 0 means "not known". Columns count bytes.
// Places never make two specs differ: comparing any two gives true.
struct SourcePosition {
  std::shared_ptr<const std::string> file;  // as the user wrote it; null for the command line
  int line = 0;
  int column = 0;

  [[nodiscard]] std::string text() const;  // "inetd.conf:8:9", "inetd.conf:8", "inetd.conf"
  friend bool operator==(const SourcePosition&, const SourcePosition&) { return true; }
};

enum class Severity { Note, Warning, Error };

[[nodiscard]] const char* severity_name(Severity severity);  // "note", "warning", "error"

struct Diagnostic {
  Severity severity = Severity::Error;
  SourcePosition at;
  std::string message;  // one sentence, lower case, no full stop
  std::string hint;     // may be empty: shown in parentheses
  std::string slug;     // stable, kebab-case; documented in inetd.conf(5)

  [[nodiscard]] std::string text() const;  // the form shown above
};

using Diagnostics = std::vector<Diagnostic>;

[[nodiscard]] bool has_errors(const Diagnostics& list);
[[nodiscard]] bool has_warnings_or_errors(const Diagnostics& list);

}  // namespace uvinetd
