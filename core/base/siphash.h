// SPDX-License-Identifier: ISC
// SipHash-2-4 (Aumasson and Bernstein, 2012): a hash that nobody can compute, or find collisions
// of, without its key.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace uvinetd {

using SipKey = std::array<std::uint8_t, 16>;
// Of this process alone.
[[nodiscard]] SipKey random_sip_key();

[[nodiscard]] std::uint64_t siphash(const SipKey& key, std::string_view bytes);

}  // namespace uvinetd
