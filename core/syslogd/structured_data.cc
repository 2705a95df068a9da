// SPDX-License-Identifier: ISC
#include "core/syslogd/structured_data.h"

#include "core/syslogd/octets.h"

namespace uvinetd {
namespace {

constexpr std::size_t kMostName = 32;

bool take(std::string_view& text, char octet) {
  if (!text.starts_with(octet)) return false;
  text.remove_prefix(1);
  return true;
}

bool take_name(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_graphic(text[size]) && text[size] != '=' && text[size] != ']' &&
         text[size] != '"') {
    ++size;
  }
  if (size == 0 || size > kMostName) return false;
  text.remove_prefix(size);
  return true;
}

bool needs_backslash(char octet) {
  return octet == '"' || octet == '\\' || octet == ']';
}

// Up to and with the closing quote. A backslash before anything but `"`, `\` and `]` is itself.
bool take_value(std::string_view& text) {
  for (;;) {
    std::size_t at = 0;
    while (at < text.size() && !needs_backslash(text[at])) ++at;
    if (at == text.size() || text[at] == ']') return false;
    const bool is_end = text[at] == '"';
    text.remove_prefix(at + 1);
    if (is_end) return true;
    if (!text.empty() && needs_backslash(text[0])) text.remove_prefix(1);
  }
}

bool take_element(std::string_view& text) {
  if (!take(text, '[') || !take_name(text)) return false;
  while (take(text, ' ')) {
    if (!take_name(text) || !take(text, '=') || !take(text, '"') || !take_value(text)) return false;
  }
  return take(text, ']');
}

}  // namespace

std::size_t structured_data_size(std::string_view text) {
  auto rest = text;
  if (!take(rest, '-')) {
    do {
      if (!take_element(rest)) return 0;
    } while (rest.starts_with('['));
  }
  return rest.empty() || rest.front() == ' ' ? text.size() - rest.size() : 0;
}

}  // namespace uvinetd
