// SPDX-License-Identifier: ISC
// The socket pair by which the standard error of all servers of one launcher comes to the log.
//
// A stream, not packets: a write that is longer than the buffer is taken in part and not refused
// as a whole, an empty one is not taken for the end, and many short ones are read by one call; the
// kernel does not join what different processes have written. The servers' end never waits: when
// nobody reads and the buffer is full, write(2) says EAGAIN. The monitor keeps the other end open,
// so that a server gets no SIGPIPE while there is no reactor.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace uvinetd {

struct ErrorSocket {
  UniqueFd reader;
  UniqueFd writer;
};
Result<ErrorSocket> make_error_socket();

struct ErrorBytes {
  enum class Event { Bytes, Nothing, Closed } event = Event::Nothing;
  std::size_t size = 0;
  pid_t sender = 0;  // by the kernel; 0: this system does not tell
};
// What one process has written. Never blocks. Descriptors that come with it are closed.
[[nodiscard]] ErrorBytes receive_errors(int reader, std::span<char> buffer);

}  // namespace uvinetd
