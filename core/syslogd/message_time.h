// SPDX-License-Identifier: ISC
// The forms of time in messages: RFC 3164's local "Nov 26 20:41:21", which has no year, and RFC
// 3339's as RFC 5424 wants it. The time zone's file is read at the first use: call tzset(3) before
// giving up access to it.
#pragma once

#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>

namespace uvinetd {

inline constexpr std::size_t kStampSize = 15;  // octets of "Nov 26 20:41:21"

// Octets of the time that `text` begins with, up to a space or the end; 0: none. Days that a month
// may have are taken (Feb 29), a day below ten with a space or a zero before it.
[[nodiscard]] std::size_t rfc3164_time_size(std::string_view text);
// With a fraction of nine digits at most, one from 0 to 59 as seconds, "Z" or an offset.
[[nodiscard]] std::size_t rfc3339_time_size(std::string_view text);

// The same without "Z" or an offset, which some senders write: it is local time then.
[[nodiscard]] std::size_t offsetless_time_size(std::string_view text);

// Of a time that rfc3339_time_size() has found: seconds since 1970.
[[nodiscard]] std::time_t rfc3339_seconds(std::string_view time);
// Of one that either has found: with its offset, and six digits of its fraction at most, which is
// what RFC 5424 lets one write.
void append_rfc3339_time(std::string_view time, std::string& out);

// "Nov 26 20:41:21" in local time, in the place of what `out` holds.
void make_stamp(std::time_t when, std::string& out);
// Of a time that one of the three has found.
void make_stamp_of_time(std::string_view time, std::string& out);
// "2026-11-26T20:41:21.123456+01:00", in local time.
void append_rfc3339(const std::timespec& when, std::string& out);
// `stamp` is one that rfc3164_time_size() has found. Its year is the newest in which it exists and
// is not more than seven days past `arrival`.
void append_rfc3339_of_stamp(std::string_view stamp, std::time_t arrival, std::string& out);

}  // namespace uvinetd
