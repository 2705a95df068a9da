// SPDX-License-Identifier: ISC
// Text from a file, made fit for a message: quoted, bounded, one line, valid UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace uvinetd {

// `"text"`; control octets and bytes that are no UTF-8 become \xHH, a long text ends in "...".
[[nodiscard]] std::string quoted(std::string_view text);

// For a std::string the compiler looks into namespace std as well, where newer libraries declare
// std::quoted along with <chrono>, which fits better than a conversion. Nothing fits better than
// these.
[[nodiscard]] inline std::string quoted(const std::string& text) {
  return quoted(std::string_view(text));
}
[[nodiscard]] inline std::string quoted(std::string& text) {
  return quoted(std::string_view(text));
}
[[nodiscard]] inline std::string quoted(const char* text) {
  return quoted(std::string_view(text));
}

// Bytes of the well-formed UTF-8 sequence at `at` (RFC 3629), 0 when it is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text, std::size_t at);

}  // namespace uvinetd
