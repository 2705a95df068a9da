// SPDX-License-Identifier: ISC
// The part of EntryReader for NetBSD's form:
//
//     [addr:]service on|off key = value ..., key = ...;
//
// Source: inetd(8) of NetBSD 10. After a syntax error NetBSD stops reading the file; here reading
// goes on after the next ";" or at the next line that looks like an entry.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "core/config/inetd/entry_reader.h"
#include "core/config/quote.h"

namespace uvinetd {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view take_word(std::string_view& line) {
  std::size_t size = 0;
  while (size < line.size() && !is_blank(line[size])) ++size;
  const auto word = line.substr(0, size);
  line.remove_prefix(size);
  while (!line.empty() && is_blank(line[0])) line.remove_prefix(1);
  return word;
}

}  // namespace

// A line in column 1 whose second word can only be that of another entry: the ";" was forgotten.
bool EntryReader::looks_like_entry() const {
  auto line = text_.substr(line_start_, line_end_ - line_start_);
  if (line.empty() || is_blank(line[0]) || line[0] == ';' || line[0] == ',') return false;
  take_word(line);
  const auto second = take_word(line);
  if (!line.empty() && line[0] == '=') return false;
  return second == "on" || second == "off" || second == "stream" || second == "dgram";
}

EntryReader::Token EntryReader::next_definition_line() {
  if (!load_line()) return Token::EndOfText;
  return looks_like_entry() ? Token::NewEntry : Token::Word;
}

EntryReader::Token EntryReader::read_token(Field& word, bool is_key) {
  for (;;) {
    skip_blanks();
    if (!is_at_line_end() && here() == '#') end_line();
    if (!is_at_line_end()) break;
    if (const Token token = next_definition_line(); token != Token::Word) return token;
  }
  word = Field();
  word.at = place();
  if (here() == '=' || here() == ',' || here() == ';') {
    const char symbol = here();
    ++at_;
    word.text = symbol;
    word.end_column = column();
    return symbol == '=' ? Token::Equals : symbol == ',' ? Token::Comma : Token::Semicolon;
  }
  return read_token_word(word, is_key);
}

EntryReader::Token EntryReader::read_token_word(Field& word, bool is_key) {
  while (!is_at_line_end() && !is_blank(here())) {
    if (here() == ',' || here() == ';' || (is_key && here() == '=')) break;
    if (here() == '"' || here() == '\'') {
      if (read_quoted(word, true) == Word::Bad) return Token::Bad;
    } else if (is_control(here())) {
      bad_byte();
      return Token::Bad;
    } else {
      word.text += here();
      ++at_;
    }
  }
  word.end_column = column();
  return Token::Word;
}

bool EntryReader::read_escape(Field& word) {
  const Place begin = place();
  ++at_;
  const char code = is_at_line_end() ? '\0' : here();
  static constexpr std::string_view kCodes = "\\ntr\"'";
  static constexpr std::string_view kBytes = "\\\n\t\r\"'";
  if (const auto known = kCodes.find(code); known != std::string_view::npos) {
    word.text += kBytes[known];
    ++at_;
    return true;
  }
  const bool is_hex = code == 'x' && at_ + 2 < line_end_;
  const int high = is_hex ? hex_value(text_[at_ + 1]) : -1;
  const int low = is_hex ? hex_value(text_[at_ + 2]) : -1;
  if (high < 0 || low < 0 || high + low == 0) {
    if (is_silent_) return false;
    return report_.error(begin, "quote", "unknown escape sequence in quotation marks",
                         R"(known are \\ \n \t \r \" \' \xHH, but not \x00)");
  }
  word.text += static_cast<char>(high * 16 + low);
  at_ += 3;
  return true;
}

bool EntryReader::syntax_error(Token token, const char* expected, Place place) {
  switch (token) {
    case Token::Bad:
      return false;  // reported where it was met
    case Token::NewEntry:
    case Token::EndOfText:
      return report_.error(place, "key-value", "the definition does not end in \";\"");
    case Token::Word:
    case Token::Equals:
    case Token::Comma:
    case Token::Semicolon:
      break;
  }
  return report_.error(place, "key-value", fmt::format("expected {} here", expected));
}

// One `key = value ...` and the "," or ";" after it.
bool EntryReader::read_key(Entry& entry, bool& is_done) {
  Place after = place();
  const auto fail = [&](Token token, const Field& word, const char* expected) {
    const bool is_beyond = token == Token::NewEntry || token == Token::EndOfText;
    syntax_error(token, expected, is_beyond ? after : word.at);
    if (token == Token::NewEntry || token == Token::EndOfText || token == Token::Semicolon) {
      return false;
    }
    skip_definition();
    return false;
  };
  Field word;
  Token token = read_token(word, true);
  is_done = token == Token::Semicolon;
  if (is_done) return true;
  if (token != Token::Word) return fail(token, word, "a key");
  KeyValues pair{word, {}};
  after = word.end();
  token = read_token(word, true);
  if (token != Token::Equals) return fail(token, word, "\"=\"");
  after = word.end();
  while ((token = read_token(word, false)) == Token::Word) {
    after = word.end();
    pair.values.push_back(std::move(word));
    if (is_over_limit(entry)) return false;
  }
  is_done = token == Token::Semicolon;
  if (token != Token::Comma && !is_done) return fail(token, word, "\",\" or \";\"");
  entry.keys.push_back(std::move(pair));
  return true;
}

void EntryReader::read_definition(Entry& entry) {
  entry.form = Entry::Form::Definition;
  entry.is_on = entry.words[1].text == "on";
  entry.words.pop_back();
  bool is_done = false;
  while (!is_done) {
    if (is_over_limit(entry) || !read_key(entry, is_done)) {
      entry.form = Entry::Form::Unreadable;
      return;
    }
  }
}

bool EntryReader::is_over_limit(const Entry& entry) {
  if (at_ - entry_start_ <= kLongestEntry || !is_too_long(entry)) return false;
  skip_definition();
  return true;
}

// To the end of a definition that has been reported.
void EntryReader::skip_definition() {
  is_silent_ = true;
  Field word;
  for (;;) {
    const Token token = read_token(word, false);
    if (token == Token::Bad) end_line();
    if (token == Token::Semicolon || token == Token::NewEntry || token == Token::EndOfText) break;
  }
  is_silent_ = false;
}

}  // namespace uvinetd
