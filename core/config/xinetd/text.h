// SPDX-License-Identifier: ISC
// The bytes of an xinetd.conf as lines, words and attributes; what they mean is said elsewhere.
//
// The language is one of lines: a `#` at the start makes a comment, blanks part words, nothing is
// quoted. Words borrow from the text, which must outlive them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/words.h"
#include "core/config/field.h"
#include "core/config/reporter.h"

namespace uvinetd::xinetd {

struct Word {
  std::string_view text;
  int column = 0;
};

// A line that is neither empty nor a comment.
struct Line {
  int number = 0;
  int column = 0;         // of the first byte of the text
  std::string_view text;  // without blanks around it
  bool is_bad = false;    // reported; its text is not to be read

  [[nodiscard]] Place at() const { return {number, column}; }
};

class LineReader {
 public:
  static constexpr std::size_t kLongestLine = 64 * 1024;  // bytes

  LineReader(std::string_view text, Reporter& report) : text_(text), report_(report) {}

  std::optional<Line> next();  // nullopt at the end of the text

 private:
  std::string_view take_line();
  [[nodiscard]] bool check(const Line& line);

  std::string_view text_;
  Reporter& report_;
  std::size_t next_ = 0;
  int number_ = 0;
  bool is_cr_told_ = false;
};

[[nodiscard]] std::vector<Word> words_of(std::string_view text, int column);

enum class Operator : std::uint8_t { Set, Add, Remove };  // = += -=

// `name operator value...`
struct Attribute {
  Word name;
  int line = 0;
  Operator op = Operator::Set;
  int values_column = 0;  // where the first value stands, or would
  std::vector<Word> values;

  [[nodiscard]] Place at() const { return {line, name.column}; }
  [[nodiscard]] Place place(const Word& word) const { return {line, word.column}; }
  [[nodiscard]] Place values_at() const { return {line, values_column}; }
  [[nodiscard]] Field field(const Word& word) const;
  [[nodiscard]] Field value() const { return field(values.front()); }  // there must be one
};

// nullopt: reported. A blank that is missing before the operator is told and forgiven.
[[nodiscard]] std::optional<Attribute> read_attribute(const Line& line, Reporter& report);

}  // namespace uvinetd::xinetd
