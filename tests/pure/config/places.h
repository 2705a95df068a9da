// SPDX-License-Identifier: ISC
// Whether what is said about a text stands at a place inside of it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/config/diagnostic.h"

namespace uvinetd::testing {

class TextLines {
 public:
  explicit TextLines(std::string_view text) {
    for (const char c : text) {
      if (c == '\n') {
        sizes_.push_back(0);
      } else {
        ++sizes_.back();
      }
    }
  }

  // One past the last byte of a line counts: there something is missing.
  [[nodiscard]] bool has(const SourcePosition& at) const {
    if (at.line < 1 || at.column < 1 || static_cast<std::size_t>(at.line) > sizes_.size()) {
      return false;
    }
    const auto size = sizes_[static_cast<std::size_t>(at.line) - 1];
    return static_cast<std::size_t>(at.column) <= size + 1;
  }

 private:
  std::vector<std::size_t> sizes_{0};  // bytes
};

// With a sentence and a slug, and at its place; "too many" is about the whole file.
inline bool is_well_told(const Diagnostic& diagnostic, const TextLines& lines) {
  if (diagnostic.message.empty() || diagnostic.slug.empty()) return false;
  return diagnostic.slug == "too-many" || lines.has(diagnostic.at);
}

}  // namespace uvinetd::testing
