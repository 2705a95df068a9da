// SPDX-License-Identifier: ISC
// Mending a socket that a `wait` server has left spoilt, before it is polled again.
#pragma once

namespace uvinetd {

enum class Health { Good, NeedsRebind };

// Clears O_NONBLOCK and SO_ERROR, dissolves a connect(2) on a datagram socket, listens again when
// the server shut the listener down. NeedsRebind: it is hung up for good (a datagram socket after
// shutdown(2), a Unix listener after shutdown): only a new socket helps. `backlog` as for
// listen(2).
[[nodiscard]] Health heal(int fd, int socket_type, int backlog);

}  // namespace uvinetd
