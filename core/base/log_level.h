// SPDX-License-Identifier: ISC
// How grave a line of the log is, as syslog(3) numbers it, and the forms that its text may have.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace uvinetd {

enum class LogLevel : std::uint8_t { Error = 3, Warning = 4, Notice = 5, Info = 6, Debug = 7 };

// From "emerg" to "debug", as syslog.conf(5) has them: a service may log at levels that we never
// use.
[[nodiscard]] constexpr std::string_view level_name(LogLevel level) {
  constexpr std::array<std::string_view, 8> kNames{"emerg",   "alert",  "crit", "error",
                                                   "warning", "notice", "info", "debug"};
  return kNames.at(static_cast<std::size_t>(level) % kNames.size());
}

// Text: the vocabulary of uvinetd(8). Json: an object per line. Xinetd: xinetd's shapes for the
// lines about connections.
enum class LogFormat : std::uint8_t { Text, Json, Xinetd };

}  // namespace uvinetd
