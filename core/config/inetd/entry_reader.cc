// SPDX-License-Identifier: ISC
#include "core/config/inetd/entry_reader.h"

#include <fmt/format.h>

#include <string>

namespace uvinetd {
namespace {

bool is_mark(char c) {
  return c == '"' || c == '\'';
}

// The daemons of these systems know no quotation marks.
bool takes_marks_literally(Dialect dialect) {
  return dialect == Dialect::Debian || dialect == Dialect::OpenBsd || dialect == Dialect::Busybox;
}

}  // namespace

EntryReader::EntryReader(std::string_view text, Dialect dialect, Reporter& report)
    : text_(text), dialect_(dialect), report_(report) {}

std::optional<Entry> EntryReader::next() {
  if (!find_entry()) return std::nullopt;
  constexpr std::size_t kUsualWords = 8;
  Entry entry;
  entry.words.reserve(kUsualWords);
  entry.at = place();
  entry_start_ = at_;
  is_quoting_told_ = false;
  read_line(entry);
  return entry;
}

bool EntryReader::load_line() {
  has_line_ = next_line_ < text_.size();
  if (!has_line_) return false;
  ++line_;
  line_start_ = next_line_;
  const auto newline = text_.find('\n', line_start_);
  line_end_ = newline == std::string_view::npos ? text_.size() : newline;
  next_line_ = newline == std::string_view::npos ? text_.size() : newline + 1;
  if (line_end_ > line_start_ && text_[line_end_ - 1] == '\r') --line_end_;
  at_ = line_start_;
  if (line_ == 1 && text_.substr(line_start_, 3) == "\xef\xbb\xbf") at_ += 3;
  return true;
}

void EntryReader::skip_blanks() {
  while (!is_at_line_end() && is_blank(here())) ++at_;
}

void EntryReader::skip_comment() {
  const auto rest = text_.substr(at_, line_end_ - at_);
  if (rest.substr(0, 2) == "#@") {
    report_.warning(place(), "ipsec-policy",
                    "IPsec policies are not applied; this line is a comment");
  }
  end_line();
}

bool EntryReader::find_entry() {
  for (;;) {
    if (!has_line_ && !load_line()) return false;
    const bool is_line_begin = column() == 1;
    skip_blanks();
    if (!is_at_line_end() && here() != '#') return true;
    if (!is_at_line_end() && is_line_begin && column() == 1) skip_comment();
    has_line_ = false;
  }
}

// Goes to the next line that carries on the entry, past comments and lines of blanks.
bool EntryReader::continue_on_next_line() {
  while (has_continuation_lines(dialect_) && next_line_ < text_.size() &&
         is_blank(text_[next_line_])) {
    load_line();
    skip_blanks();
    if (is_at_line_end()) continue;
    if (here() != '#') return true;
    report_.warning(place(), "indented-comment",
                    "this indented line is read as a comment; other inetds pass it as arguments to "
                    "the program above",
                    "begin the comment in column 1");
    end_line();
  }
  has_line_ = false;
  return false;
}

bool EntryReader::is_too_long(const Entry& entry) {
  if (line_end_ - entry_start_ <= kLongestEntry) return false;
  if (entry.form != Entry::Form::Unreadable) {
    report_.error(
        entry.at, "line-too-long",
        fmt::format("an entry may have {} bytes, continuation lines included", kLongestEntry));
  }
  return true;
}

void EntryReader::read_line(Entry& entry) {
  do {
    if (is_too_long(entry)) {
      entry.form = Entry::Form::Unreadable;
      entry.words.clear();
    }
    while (entry.form != Entry::Form::Unreadable) {
      Field word;
      const Word result = read_word(word);
      if (result == Word::End) break;
      if (result == Word::Bad) {
        entry.form = Entry::Form::Unreadable;
        break;
      }
      const bool is_switch = !word.is_quoted && (word.text == "on" || word.text == "off");
      entry.words.push_back(std::move(word));
      if (is_switch && entry.words.size() == 2) return read_definition(entry);
    }
    end_line();
  } while (continue_on_next_line());
}

EntryReader::Word EntryReader::bad_byte() {
  if (!is_silent_) {
    const auto byte = static_cast<unsigned>(static_cast<unsigned char>(here()));
    report_.error(place(), "control-character",
                  fmt::format("control character \\x{:02x} in the configuration", byte));
  }
  return Word::Bad;
}

EntryReader::Word EntryReader::read_word(Field& word) {
  skip_blanks();
  if (is_at_line_end()) return Word::End;
  const bool is_busybox = dialect_ == Dialect::Busybox;
  if (is_busybox && here() == '#') return Word::End;
  word.at = place();
  while (!is_at_line_end() && !is_blank(here()) && !(is_busybox && here() == '#')) {
    if (is_control(here())) return bad_byte();
    const bool is_first = column() == word.at.column;
    if (is_mark(here()) && (is_first || dialect_ == Dialect::NetBsd)) {
      if (read_quoted(word, false) == Word::Bad) return Word::Bad;
    } else {
      take_plain(word);
    }
  }
  word.end_column = column();
  return Word::Read;
}

// The byte here, whatever it is, and the letters and digits and the like that follow it.
void EntryReader::take_plain(Field& word) {
  const auto begin = at_++;
  const auto is_special = [](char c) {
    return is_blank(c) || is_control(c) || is_mark(c) || c == '#';
  };
  while (!is_at_line_end() && !is_special(here())) ++at_;
  word.text.append(text_, begin, at_ - begin);
}

EntryReader::Word EntryReader::read_quoted(Field& word, bool with_escapes) {
  const Place begin = place();
  const char mark = here();
  word.is_quoted = true;
  for (++at_; !is_at_line_end() && here() != mark;) {
    if (is_control(here()) && here() != '\t') return bad_byte();
    if (with_escapes && here() == '\\') {
      if (!read_escape(word)) return Word::Bad;
    } else {
      word.text += here();
      ++at_;
    }
  }
  if (is_at_line_end()) {
    if (!is_silent_) report_.error(begin, "quote", "the quotation mark is not closed on its line");
    return Word::Bad;
  }
  ++at_;
  const bool is_joined = !is_at_line_end() && !is_blank(here());
  if (is_joined && dialect_ != Dialect::NetBsd && !with_escapes) {
    report_.error(place(), "quote", "text stands directly after a closing quotation mark",
                  "put a blank between them");
    return Word::Bad;
  }
  if (!with_escapes && takes_marks_literally(dialect_) && !is_quoting_told_) {
    is_quoting_told_ = true;
    report_.note(begin, "quoting",
                 "quotation marks group words here; this system's own inetd would pass them on");
  }
  return Word::Read;
}

}  // namespace uvinetd
