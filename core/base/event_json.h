// SPDX-License-Identifier: ISC
// An event as one object of JSON, on one line:
//   {"time":"2026-11-22T10:16:34.005Z","level":"info","event":"start","id":"finger/tcp","pid":12}
//   {"time":"2026-11-22T10:16:34.005Z","level":"notice","message":"stopped"}
// Numbers are numbers. What is "-" in text is left out, what is "unknown" is null.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "core/base/event.h"

namespace uvinetd {

// At most `most` bytes (512 or more): longer texts in it are cut, and end in "...".
[[nodiscard]] std::string json_line(const Event& event, std::chrono::system_clock::time_point when,
                                    std::size_t most);

}  // namespace uvinetd
