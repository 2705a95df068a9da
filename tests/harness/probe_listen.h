// SPDX-License-Identifier: ISC
// The probe as a server that finds its sockets as sd_listen_fds(3) says.
#pragma once

namespace probe {

// Appends its report to `path`, then serves all its sockets: a stream client's lines "where" (the
// reply is "INDEX NAME PID"), "spoil" (this listener is shut down) and "leave" (it ends); a
// datagram gets the reply to "where", until one is "leave". Returns the exit status.
[[nodiscard]] int listen_server(const char* path, char** argv);

}  // namespace probe
