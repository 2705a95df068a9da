// SPDX-License-Identifier: ISC
#include "core/config/inetd/print_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/inetd/entry_reader.h"

namespace uvinetd {
namespace {

bool is_mark(char c) {
  return c == '"' || c == '\'';
}

bool needs_marks(std::string_view text, Dialect dialect) {
  if (text.empty() || is_mark(text.front())) return true;
  return std::any_of(text.begin(), text.end(), [&](char c) {
    return is_blank(c) || (dialect == Dialect::NetBsd && is_mark(c)) ||
           (dialect == Dialect::Busybox && c == '#');
  });
}

std::string in_marks(std::string_view text, char mark) {
  return mark + std::string(text) + mark;
}

// NetBSD joins quoted parts that stand side by side.
std::string in_joined_marks(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char mark = text.front() == '"' ? '\'' : '"';
    const auto size = std::min(text.find(mark), text.size());
    out += in_marks(text.substr(0, size), mark);
    text.remove_prefix(size);
  }
  return out;
}

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("_./:+@%-").find(c) != std::string_view::npos;
}

}  // namespace

std::optional<std::string> line_word(std::string_view text, Dialect dialect) {
  const auto is_unfit = [](char c) { return is_control(c) && c != '\t'; };
  if (std::any_of(text.begin(), text.end(), is_unfit)) return std::nullopt;
  if (!needs_marks(text, dialect)) return std::string(text);
  if (text.find('"') == text.npos) return in_marks(text, '"');
  if (text.find('\'') == text.npos) return in_marks(text, '\'');
  if (dialect == Dialect::NetBsd) return in_joined_marks(text);
  return std::nullopt;
}

std::string definition_word(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (is_control(c)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace uvinetd
