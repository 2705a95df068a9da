// SPDX-License-Identifier: ISC
// What the reactor tells clients itself: banners, and the end of a connection whose client has not
// finished speaking.
//
// Banners go into a connection that nothing, or little, has been sent to, and are not waited for:
// 64 KiB mostly fit. One that does not fit, because somebody made the buffer small, is no banner
// for whom it was meant: a client that would be let in is refused (reason=banner); one that is
// refused gets what fits. The multiplexer's protocol has no place for them.
#include <signal.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "core/reactor/reactor.h"
#include "internal/stream_io.h"

namespace uvinetd {
namespace {

// Whether processes of a server are left that may still use its connection. It led a process group
// of its own, whose number is not given again while there are some; those that have left the group
// are not seen.
bool has_group(std::int32_t pid) {
  return pid > 1 && (kill(-pid, 0) == 0 || errno != ESRCH);
}

}  // namespace

bool Reactor::greet(const Service& service, Visitor& visitor) {
  if (visitor.is_muxed() || std::exchange(visitor.has_banner, true)) return true;
  return send_whole(visitor.connection.get(), service.entry.more->ends.banner);
}

bool Reactor::welcome(const Service& service, const Visitor& visitor) {
  return visitor.is_muxed() ||
         send_whole(visitor.connection.get(), service.entry.more->ends.banner_success);
}

// ListenerHost
void Reactor::turn_down(const Service& service, Visitor& visitor, std::string_view reason) {
  const auto& ends = service.entry.more->ends;
  const int fd = visitor.connection.get();
  refuse(service, visitor.client.peer.text(), reason);
  if (visitor.is_muxed()) {
    (void)send_whole(fd, kMuxNotAvailable);
  } else if (reason != "gone" && reason != "banner") {
    (void)send_whole(fd, ends.banner_fail);
    const bool is_told = !ends.banner.empty() || !ends.banner_fail.empty();
    if (ends.lingers && is_told) return lingering_.add(std::move(visitor.connection));
  }
  visitor.connection.reset();
}

// Its server has ended. Others who have the connection still keep it: it is theirs to close.
void Reactor::linger(const Service& service, UniqueFd connection, std::int32_t pid) {
  if (!service.entry.more->ends.lingers || has_group(pid)) return;
  lingering_.add(std::move(connection));
}

}  // namespace uvinetd
