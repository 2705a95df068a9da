// SPDX-License-Identifier: ISC
#include "core/config/quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace uvinetd {
namespace {

constexpr std::size_t kMostShown = 80;  // bytes of the original

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool is_continuation(std::string_view text, std::size_t at) {
  return at < text.size() && (byte_at(text, at) & 0xc0U) == 0x80U;
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at);
  if (first < 0x80U) return 1;
  const std::size_t length = first >= 0xf0U ? 4 : first >= 0xe0U ? 3 : 2;
  if (first < 0xc2U || first > 0xf4U) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text, at + i)) return 0;
  }
  const unsigned second = byte_at(text, at + 1);
  const bool is_overlong = (first == 0xe0U && second < 0xa0U) || (first == 0xf0U && second < 0x90U);
  const bool is_surrogate = first == 0xedU && second >= 0xa0U;
  const bool is_past_end = first == 0xf4U && second >= 0x90U;
  return is_overlong || is_surrogate || is_past_end ? 0 : length;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  std::size_t at = 0;
  while (at < std::min(text.size(), kMostShown)) {
    const unsigned first = byte_at(text, at);
    const auto length = utf8_length(text, at);
    if (length == 0 || first < 0x20U || first == 0x7fU) {
      out += fmt::format("\\x{:02x}", first);
      ++at;
    } else {
      out += text.substr(at, length);
      at += length;
    }
  }
  if (at < text.size()) out += "...";
  return out + "\"";
}

}  // namespace uvinetd
