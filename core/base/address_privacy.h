// SPDX-License-Identifier: ISC
// What the log tells of the addresses of clients: all of it, their network, or a token that stays
// the same for one client and cannot be turned back without the key. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/siphash.h"

namespace uvinetd {

// Truncate: IPv4 to /24 and IPv6 to /48 ("192.0.2.0/24", "2001:db8:1::/48"). Hash: 64 bits of a
// keyed hash of the address ("hash:0123456789abcdef"). Both without the port.
enum class AddressPrivacy : std::uint8_t { Full, Truncate, Hash };

// `from` is SocketAddress::text(). What is no IP address (a path, "-") is told as it is.
[[nodiscard]] std::string private_address(std::string_view from, AddressPrivacy how,
                                          const SipKey& key);
// "192.0.2.7" of "192.0.2.7:99", "2001:db8::7" of "[2001:db8::7]:99"; else all of `from`.
[[nodiscard]] std::string_view host_of(std::string_view from);

}  // namespace uvinetd
