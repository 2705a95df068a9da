// SPDX-License-Identifier: ISC
// Text from a file, made fit for a message: quoted, bounded, one line, valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace uvinetd {

// `"text"`; control octets and bytes that are no UTF-8 become \xHH, a long text ends in "...".
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace uvinetd
