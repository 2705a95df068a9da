// SPDX-License-Identifier: ISC
#include "core/reactor/web/markup.h"

#include "core/base/escape.h"

namespace uvinetd {
namespace {

constexpr std::size_t kLongest = 1024;

}  // namespace

void append_html(std::string& out, std::string_view text) {
  for (const char c : one_line(text, kLongest)) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
}

void append_json(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : one_line(text, kLongest)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace uvinetd
