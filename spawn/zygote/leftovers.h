// SPDX-License-Identifier: ISC
// What a program has made before its first touch of the connection and that its children would
// not have each for itself.
#pragma once

namespace uvinetd::zygote {

// Why the process cannot park, or null: a pipe, a socket, an epoll, ... that it has left open, or
// memory that it shares and may write.
const char* leftover_hindrance();

}  // namespace uvinetd::zygote
