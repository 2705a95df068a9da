// SPDX-License-Identifier: ISC
#include "core/reactor/heal.h"

#include <poll.h>
#include <sys/socket.h>

#include "core/base/address.h"
#include "core/base/process.h"

namespace uvinetd {
namespace {

#ifdef POLLRDHUP
constexpr short kHungUp = POLLHUP | POLLRDHUP | POLLERR;
#else
constexpr short kHungUp = POLLHUP | POLLERR;
#endif

int option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

void dissolve_connect(int fd) {
  if (!SocketAddress::peer_of(fd)) return;
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  (void)connect(fd, &nobody, sizeof nobody);  // is_hung_up() tells whether it helped
}

bool is_hung_up(int fd) {
  pollfd entry{fd, static_cast<short>(POLLIN | kHungUp), 0};
  return poll(&entry, 1, 0) > 0 && (entry.revents & kHungUp) != 0;
}

}  // namespace

Health heal(int fd, int socket_type, int backlog) {
  (void)set_nonblocking(fd, false);
  if (socket_type == SOCK_DGRAM) {
    dissolve_connect(fd);
  } else if (option(fd, SO_ACCEPTCONN) != 1 && listen(fd, backlog) != 0) {
    return Health::NeedsRebind;
  }
  (void)option(fd, SO_ERROR);  // reading it clears it
  return is_hung_up(fd) ? Health::NeedsRebind : Health::Good;
}

}  // namespace uvinetd
