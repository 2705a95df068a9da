// SPDX-License-Identifier: ISC
// Numbers and times as the status page shows them. Pure. status.js has the same forms.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "core/reactor/metrics/histogram.h"

namespace uvinetd {

[[nodiscard]] std::string count_text(std::uint64_t count);     // "12 345", with U+202F
[[nodiscard]] std::string time_text(std::int64_t usec);        // "640 µs", "1.2 ms", "4 s"
[[nodiscard]] std::string age_text(std::chrono::seconds age);  // "90 s", "12 min", "3 h", "4 d"
// "2026-11-26 12:40:11", with another letter in the middle and something behind.
[[nodiscard]] std::string utc_text(std::time_t time, char middle, std::string_view tail);
[[nodiscard]] std::int64_t quantile_usec(const Histogram& times, double part);

}  // namespace uvinetd
