// SPDX-License-Identifier: ISC
// Wall-clock time as text, in local time and always with the C locale's English names. The time
// zone's file is read at the first use: call tzset(3) before giving up access to it.
#pragma once

#include <chrono>
#include <ctime>
#include <string>
#include <string_view>

namespace uvinetd {

// Three letters for each month, one after the other.
inline constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

// "Sun Nov 22 10:16:34 2026", as ctime(3) without its newline.
[[nodiscard]] std::string date_and_time(std::time_t when);
// "Nov 22 10:16:34", as syslog(3) stamps its lines.
[[nodiscard]] std::string syslog_stamp(std::time_t when);
// "26/11/22@10:16:34", as xinetd stamps the lines of its files.
[[nodiscard]] std::string xinetd_stamp(std::time_t when);
// "2026-11-22T10:16:34.005Z" (RFC 3339), in UTC.
[[nodiscard]] std::string rfc3339(std::chrono::system_clock::time_point when);

}  // namespace uvinetd
