// SPDX-License-Identifier: ISC
// Cuts the bytes of an inetd.conf into entries: comments, continuation lines, quotation marks and
// the `key = value;` form of NetBSD are dealt with here; what the words mean is not.
//
// One pass over the text, forwards only. An entry that cannot be read is reported and skipped.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/words.h"
#include "core/config/field.h"
#include "core/config/inetd/inetd_conf.h"
#include "core/config/reporter.h"

namespace uvinetd {

constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

constexpr bool has_continuation_lines(Dialect dialect) {
  return dialect != Dialect::Gnu && dialect != Dialect::Busybox;
}

struct KeyValues {
  Field key;
  std::vector<Field> values;
};

struct Entry {
  enum class Form { Line, Definition, Unreadable };
  Form form = Form::Line;
  Place at;
  std::vector<Field> words;     // Line: all of them; Definition: the service
  std::vector<KeyValues> keys;  // Definition only
  bool is_on = true;            // Definition only
};

class EntryReader {
 public:
  static constexpr std::size_t kLongestEntry = 64 * 1024;  // bytes, continuation lines included

  EntryReader(std::string_view text, Dialect dialect, Reporter& report);

  // nullopt at the end of the text. Unreadable: already reported.
  std::optional<Entry> next();

 private:
  enum class Word { Read, End, Bad };
  enum class Token { Word, Equals, Comma, Semicolon, NewEntry, EndOfText, Bad };

  bool load_line();
  void skip_blanks();
  void end_line() { at_ = line_end_; }
  [[nodiscard]] bool is_at_line_end() const { return at_ >= line_end_; }
  [[nodiscard]] char here() const { return text_[at_]; }
  [[nodiscard]] int column() const { return static_cast<int>(at_ - line_start_) + 1; }
  [[nodiscard]] Place place() const { return {line_, column()}; }

  bool find_entry();
  void skip_comment();
  bool continue_on_next_line();
  bool is_too_long(const Entry& entry);
  void read_line(Entry& entry);

  Word read_word(Field& word);
  void take_plain(Field& word);
  Word read_quoted(Field& word, bool with_escapes);
  bool read_escape(Field& word);
  Word bad_byte();

  void read_definition(Entry& entry);
  bool is_over_limit(const Entry& entry);
  bool read_key(Entry& entry, bool& is_done);
  Token read_token(Field& word, bool is_key);
  Token read_token_word(Field& word, bool is_key);
  Token next_definition_line();
  [[nodiscard]] bool looks_like_entry() const;
  bool syntax_error(Token token, const char* expected, Place place);
  void skip_definition();

  std::string_view text_;
  Dialect dialect_;
  Reporter& report_;
  bool has_line_ = false;  // line_start_ .. line_end_ holds something not read yet
  int line_ = 0;
  std::size_t line_start_ = 0;
  std::size_t line_end_ = 0;   // without CR and LF
  std::size_t next_line_ = 0;  // where the line after it begins
  std::size_t at_ = 0;
  std::size_t entry_start_ = 0;
  bool is_silent_ = false;  // skipping the rest of something already reported
  bool is_quoting_told_ = false;
};

}  // namespace uvinetd
