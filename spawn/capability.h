// SPDX-License-Identifier: ISC
// The capabilities of Linux (capabilities(7)) by name, and the sets of this process.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/result.h"

namespace uvinetd {

// "cap_chown", ...: the index is the number.
[[nodiscard]] std::span<const std::string_view> capability_names();
// Letter case and the "cap_" before it are free.
[[nodiscard]] std::optional<unsigned> capability_from_name(std::string_view name);
[[nodiscard]] constexpr std::uint64_t capability_bit(unsigned number) {
  return std::uint64_t{1} << number;
}

// Those that this process has in effect, and those that a program of it could get at all. Where the
// system has no capabilities: none.
[[nodiscard]] std::uint64_t effective_capabilities();
[[nodiscard]] std::uint64_t bounding_capabilities();

// Gives up all that is not in `kept`, for this process and all that it starts. Checked.
Status limit_bounding_set(std::uint64_t kept);
// Before the change of ids: what is permitted survives it.
Status keep_capabilities();
// After it: permitted and inheritable become `ambient`, which every program that is started then
// has in effect; this process has none in effect. Checked.
Status take_ambient_capabilities(std::uint64_t ambient);
// For uid 0, which keeps all by itself: permitted and in effect are at most `kept`. Checked.
Status limit_own_capabilities(std::uint64_t kept);

}  // namespace uvinetd
