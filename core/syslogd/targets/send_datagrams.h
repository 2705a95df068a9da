// SPDX-License-Identifier: ISC
// Many datagrams to one host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace uvinetd {

// Sends what lies in `bytes` one behind the other, without waiting, by a connected socket; `sizes`
// together are no more than its size. Returns how many went; `code` is the errno value of the first
// that did not, 0: all did.
std::size_t send_datagrams(int fd, std::string_view bytes, std::span<const std::uint32_t> sizes,
                           int& code);

}  // namespace uvinetd
