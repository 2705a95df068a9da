// SPDX-License-Identifier: ISC
// Makes text from outside harmless in a log or on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace uvinetd {

// `text` as one line of valid UTF-8: control characters (C0, DEL, C1), the Unicode line and
// paragraph separators, and octets that are not UTF-8 become "\xHH", octet by octet. A result
// longer than `most` bytes (at least 3) is cut at a character and ends in "...".
[[nodiscard]] std::string one_line(std::string_view text, std::size_t most);
// The same of all of it, added to `out`. What is harmless already is copied in one piece.
void append_one_line(std::string_view text, std::string& out);

}  // namespace uvinetd
