// SPDX-License-Identifier: ISC
// Priorities of input and output as words and as ioprio_set(2) has them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace uvinetd {

// Sorted as their numbers are: "realtime", "best-effort", "idle".
[[nodiscard]] std::span<const std::string_view> io_class_names();
// "idle", "best-effort" (level 4), "best-effort:0", "realtime:7".
[[nodiscard]] std::optional<std::uint16_t> parse_io_priority(std::string_view text);
[[nodiscard]] std::string print_io_priority(std::uint16_t priority);
[[nodiscard]] bool is_realtime_io(std::uint16_t priority);

}  // namespace uvinetd
