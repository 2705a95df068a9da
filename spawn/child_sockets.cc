// SPDX-License-Identifier: ISC
#include "spawn/child_sockets.h"

#include <fcntl.h>
#include <unistd.h>

#include "spawn/settings/listen_fds.h"

namespace uvinetd {

// First all of them go above the places that they are to have, so that none is overwritten before
// it has been moved.
UVINETD_IN_CHILD bool place_sockets(const SpawnRequest& request, ChildSteps& steps) {
  const int count = request.socket_count;
  if (count == 0) return true;
  const int above = kFirstListenFd + count;
  int moved[kMostListenFds];
  for (int i = 0; i < count; ++i) {
    moved[i] = ::fcntl(request.sockets[i], F_DUPFD_CLOEXEC, above);
    if (moved[i] < 0) return false;
  }
  if (steps.group >= kFirstListenFd && steps.group < above) {
    steps.group = ::fcntl(steps.group, F_DUPFD_CLOEXEC, above);
    if (steps.group < 0) return false;
  }
  for (int i = 0; i < count; ++i) {
    const int place = kFirstListenFd + i;
    if (::dup2(moved[i], place) != place) return false;
  }
  return true;
}

}  // namespace uvinetd
