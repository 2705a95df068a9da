// SPDX-License-Identifier: ISC
// Collects what is said about one file, up to a bound: a file of another kind would fill the memory
// with complaints.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "core/config/diagnostic.h"
#include "core/config/field.h"

namespace uvinetd {

class Reporter {
 public:
  static constexpr std::size_t kMost = 10000;

  // `out` is borrowed. A null `file` stands for the command line.
  Reporter(std::shared_ptr<const std::string> file, Diagnostics& out)
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

  // Says how many were dropped, as severe as the worst of them.
  void finish() {
    if (dropped_ == 0) return;
    out_.push_back({worst_dropped_, position({}), std::to_string(dropped_) + " more are not shown",
                    "", "too-many"});
    dropped_ = 0;
  }

 private:
  void add(Severity severity, Place at, const char* slug, std::string message, std::string hint) {
    if (out_.size() < kMost) {
      out_.push_back({severity, position(at), std::move(message), std::move(hint), slug});
      return;
    }
    ++dropped_;
    worst_dropped_ = std::max(worst_dropped_, severity);
  }

  std::shared_ptr<const std::string> file_;
  Diagnostics& out_;
  std::size_t dropped_ = 0;
  Severity worst_dropped_ = Severity::Note;
};

}  // namespace uvinetd
