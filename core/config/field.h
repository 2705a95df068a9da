// SPDX-License-Identifier: ISC
// One word of a configuration line and where it stands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace uvinetd {

// Line and column in the file being read; both count from 1, columns count bytes.
struct Place {
  int line = 0;
  int column = 0;
};

struct Field {
  std::string text;  // without quotation marks
  Place at;
  int end_column = 0;      // one past the last byte, marks included
  bool is_quoted = false;  // any part of it was

  [[nodiscard]] Place end() const { return {at.line, end_column}; }
  // Where byte `offset` of the text stands; with marks in between only the word is known.
  [[nodiscard]] Place place_of(std::size_t offset) const {
    return is_quoted ? at : Place{at.line, at.column + static_cast<int>(offset)};
  }
  // Bytes [from, from + count) as a field of their own.
  [[nodiscard]] Field part(std::size_t from, std::size_t count = std::string::npos) const {
    Field out;
    out.text = text.substr(from, count);
    out.at = place_of(from);
    out.end_column = is_quoted ? end_column : out.at.column + static_cast<int>(out.text.size());
    out.is_quoted = is_quoted;
    return out;
  }
};

}  // namespace uvinetd
