// SPDX-License-Identifier: ISC
// What a process can say about itself: the state that the daemon promises to its servers (see
// uvinetd(8)), gathered by the process that received it and written as one JSON object.
#pragma once

#include <string>
#include <string_view>

namespace probe {

// Bytes outside printable ASCII become \u00XX, so that any environment gives valid JSON.
[[nodiscard]] std::string quoted(std::string_view text);

// One object without a trailing newline. `argv` ends with a null.
[[nodiscard]] std::string report(char** argv);

// The socket behind `fd` alone: type, domain, listening, blocking, its two addresses.
[[nodiscard]] std::string socket_report(int fd);

}  // namespace probe
