// SPDX-License-Identifier: ISC
#include "core/config/toml/text.h"

#include <fmt/format.h>

#include <cctype>
#include <cstddef>

#include "core/config/quote.h"

namespace uvinetd {
namespace {

constexpr std::size_t kLongLine = 88;

unsigned byte_of(char c) {
  return static_cast<unsigned char>(c);
}

bool is_control(char c) {
  return byte_of(c) < 0x20U || byte_of(c) == 0x7fU;
}

std::string escaped(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return fmt::format("\\u{:04X}", byte_of(c));
  }
}

bool is_bare(std::string_view name) {
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '-') return false;
  }
  return !name.empty();
}

std::string comment_line(std::string_view line) {
  std::string out = "#";
  if (!line.empty()) out += ' ';
  for (std::size_t at = 0; at < line.size();) {
    const auto length = utf8_length(line, at);
    if (length == 0 || (is_control(line[at]) && line[at] != '\t')) {
      out += fmt::format("\\x{:02x}", byte_of(line[at++]));
    } else {
      out += line.substr(at, length);
      at += length;
    }
  }
  return out + '\n';
}

}  // namespace

bool is_toml_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = utf8_length(text, at);
    if (length == 0 || text[at] == '\0') return false;
    at += length;
  }
  return true;
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if ((is_control(c) && c != '\0') || c == '"' || c == '\\') {
      out += escaped(c);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_key(std::string_view name) {
  return is_bare(name) ? std::string(name) : toml_string(name);
}

std::string toml_array(const std::vector<std::string>& values) {
  std::size_t size = 0;
  for (const auto& value : values) size += value.size() + 2;
  const bool is_long = size > kLongLine && values.size() > 1;
  std::string out = "[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) out += is_long ? "," : ", ";
    if (is_long) out += "\n  ";
    out += values[i];
  }
  return out + (is_long ? ",\n]" : "]");
}

std::string toml_strings(const std::vector<std::string>& texts) {
  std::vector<std::string> values;
  values.reserve(texts.size());
  for (const auto& text : texts) values.push_back(toml_string(text));
  return toml_array(values);
}

std::string toml_comment(std::string_view text) {
  std::string out;
  for (std::size_t begin = 0;;) {
    const auto end = text.find('\n', begin);
    if (end == std::string_view::npos) return out + comment_line(text.substr(begin));
    auto line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out += comment_line(line);
    begin = end + 1;
  }
}

}  // namespace uvinetd
