// SPDX-License-Identifier: ISC
// Octets as the grammars of messages sort them, whatever the locale says.
#pragma once

#include <algorithm>
#include <string_view>

namespace uvinetd {

[[nodiscard]] constexpr bool is_digit(char octet) {
  return octet >= '0' && octet <= '9';
}
// PRINTUSASCII of RFC 5424: no space.
[[nodiscard]] constexpr bool is_graphic(char octet) {
  return octet > ' ' && octet < '\x7f';
}
[[nodiscard]] constexpr bool is_graphic(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char octet) { return is_graphic(octet); });
}

}  // namespace uvinetd
