// SPDX-License-Identifier: ISC
// STRUCTURED-DATA of RFC 5424, section 6.3: "-", or [id name="value" ...] one after the other.
#pragma once

#include <cstddef>
#include <string_view>

namespace uvinetd {

// Octets of it that `text` begins with, up to a space or the end; 0: it is not well formed.
[[nodiscard]] std::size_t structured_data_size(std::string_view text);

}  // namespace uvinetd
