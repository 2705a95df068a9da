// SPDX-License-Identifier: ISC
// The lines of a syslog.conf, those that end in "\" joined with the next one. A byte of a joined
// line still knows where it stands.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/field.h"
#include "core/config/reporter.h"

namespace uvinetd {

// A text that came from one or more lines, without blanks around it.
class SyslogLine {
 public:
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_empty() const { return text_.empty(); }
  // Where a byte stands in the file; one past the last counts.
  [[nodiscard]] Place place_of(std::size_t offset) const;
  // Bytes [from, from + count), without blanks around them. Their places are in this text: of line
  // 1, whatever lines it came from.
  [[nodiscard]] Field part(std::size_t from, std::size_t count = std::string::npos) const;

  void append(std::string_view text, Place at);
  void trim_end();

 private:
  struct Piece {
    std::size_t offset;
    Place at;
  };
  std::string text_;
  std::vector<Piece> pieces_;
};

class SyslogLines {
 public:
  static constexpr std::size_t kLongest = 16 * 1024;  // bytes, continuation lines included

  SyslogLines(std::string_view text, Reporter& report) : text_(text), report_(report) {}

  // Never empty; comments are lines. nullopt at the end of the text. What is too long or has
  // control characters is reported and skipped.
  std::optional<SyslogLine> next();

 private:
  bool load(std::string_view& line);
  bool take(SyslogLine& out);

  std::string_view text_;
  Reporter& report_;
  int number_ = 0;
};

}  // namespace uvinetd
