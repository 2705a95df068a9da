// SPDX-License-Identifier: ISC
// Numbers and times as people read them. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace uvinetd {

// "12s", "3m12s", "5h04m", "12d3h"; what is less than a second is "0s".
[[nodiscard]] std::string age_text(std::chrono::milliseconds age);
// "950µs", "1.2ms", "35ms", "2.5s"; of CPU time too.
[[nodiscard]] std::string duration_text(std::chrono::microseconds time);
// "9999", "12.3k", "4.5M"
[[nodiscard]] std::string count_text(std::int64_t count);
// "0", "0.4", "12", "1.2k": each second.
[[nodiscard]] std::string rate_text(double rate);
// "512 KiB", "1.5 MiB"
[[nodiscard]] std::string kib_text(std::int64_t kib);

// Columns that the text takes on a terminal: East Asian wide characters two, combining marks none.
[[nodiscard]] std::size_t display_width(std::string_view text);
// As much of the text as fits; where something is left out it ends in "~".
[[nodiscard]] std::string clipped(std::string_view text, std::size_t width);

}  // namespace uvinetd
