// SPDX-License-Identifier: ISC
// Collects what is said about one file.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/config/diagnostic.h"
#include "core/config/field.h"

namespace uvinetd {

class Report {
 public:
  // `out` is borrowed. A null `file` stands for the command line.
  Report(std::shared_ptr<const std::string> file, Diagnostics& out)
      : file_(std::move(file)), out_(out) {}

  [[nodiscard]] SourcePosition position(Place at) const { return {file_, at.line, at.column}; }

  // Always false, so that a field's reader can end with `return report.error(...)`.
  bool error(Place at, const char* slug, std::string message, std::string hint = {}) {
    add(Severity::Error, at, slug, std::move(message), std::move(hint));
    return false;
  }
  void warning(Place at, const char* slug, std::string message, std::string hint = {}) {
    add(Severity::Warning, at, slug, std::move(message), std::move(hint));
  }
  void note(Place at, const char* slug, std::string message, std::string hint = {}) {
    add(Severity::Note, at, slug, std::move(message), std::move(hint));
  }

 private:
  void add(Severity severity, Place at, const char* slug, std::string message, std::string hint) {
    out_.push_back({severity, position(at), std::move(message), std::move(hint), slug});
  }

  std::shared_ptr<const std::string> file_;
  Diagnostics& out_;
};

}  // namespace uvinetd
