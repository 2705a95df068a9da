// SPDX-License-Identifier: ISC
// One line of the log as its target gets it: the target's frame around the text of an event, in one
// of the three formats. Pure.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/event.h"

namespace uvinetd {

// Syslog: "<29>Nov 22 10:16:34 uvinetd[12]: text". Plain: "uvinetd[12]: text". Terminal and File:
// with local time before it. Stream: "<5>text" (sd-daemon(3)); the journal knows the rest. Journal:
// the fields of one datagram (journal_fields.h). Plain, Terminal and File have JSON as it is, and a
// file has xinetd's lines as xinetd writes them: "26/11/22@10:16:34: text".
enum class LogForm : std::uint8_t { Syslog, Plain, Terminal, Stream, File, Journal };

struct LogLine {
  int facility = 0;  // as in syslog(3): a multiple of 8
  std::chrono::system_clock::time_point when;
  pid_t pid = 0;
  Event event;  // harmless (Event::make_harmless())
};

// Of the text alone; more is cut and ends in "...". With the rest of the line it stays within
// PIPE_BUF (Linux: 4096), so that a pipe takes it whole or not at all.
inline constexpr std::size_t kMostTextBytes = 3800;

[[nodiscard]] std::string text_of(const LogLine& line, LogFormat format);
// `ident` is the name of the program. Ends in a newline where lines do.
[[nodiscard]] std::string render(const LogLine& line, LogForm form, LogFormat format,
                                 std::string_view ident);

}  // namespace uvinetd
