// SPDX-License-Identifier: ISC
// The small tables of a system, /etc/services and /etc/rpc: a line is words and a comment.
#pragma once

#include <string>
#include <string_view>

namespace uvinetd {

// The text of a regular file, 16 MiB of it at most; "" when it cannot be read.
[[nodiscard]] std::string read_database(const char* path);

// Takes the first line off `text`, and gives it without its end and its comment.
[[nodiscard]] std::string_view take_line(std::string_view& text);
// Takes the first word off `line`; "": there is none.
[[nodiscard]] std::string_view take_word(std::string_view& line);

}  // namespace uvinetd
