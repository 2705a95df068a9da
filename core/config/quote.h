// SPDX-License-Identifier: ISC
// Text from a file, made fit for a message: quoted, bounded, one line, valid UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace uvinetd {

// `"text"`; control octets and bytes that are no UTF-8 become \xHH, a long text ends in "...".
[[nodiscard]] std::string quoted(std::string_view text);

// Bytes of the well-formed UTF-8 sequence at `at` (RFC 3629), 0 when it is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text, std::size_t at);

}  // namespace uvinetd
