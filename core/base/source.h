// SPDX-License-Identifier: ISC
// Where a client comes from, as far as it is counted or banned: an IPv4 address or a prefix of an
// IPv6 one.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/address.h"

namespace uvinetd {

// IPv4 stands in the place of its mapped addresses, ::ffff:0:0/96, with 96 more bits.
struct Source {
  static constexpr std::uint32_t kV4Bits = 96;

  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::uint32_t bits = 0;  // that count, 128 at most; the others are 0

  friend auto operator<=>(const Source&, const Source&) = default;
};

// The first `bits` of it.
[[nodiscard]] Source prefix_of(Source source, std::uint32_t bits);
// The whole address; of no IP address, Source().
[[nodiscard]] Source source_of(const SocketAddress& peer);
// An IPv4 address whole, of an IPv6 one `prefix_v6` bits.
[[nodiscard]] Source source_of(const SocketAddress& peer, std::uint32_t prefix_v6);

// "192.0.2.1", "192.0.2.0/24", "2001:db8::/32": nullopt for anything else, and for bits that are
// set behind the prefix.
[[nodiscard]] std::optional<Source> parse_source(std::string_view text);
[[nodiscard]] std::string source_text(const Source& source);

}  // namespace uvinetd
