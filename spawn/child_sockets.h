// SPDX-License-Identifier: ISC
// Gives a new process the sockets of sd_listen_fds(3): descriptors in a row, wherever they stand in
// the launcher. In the child of either spawner: system calls only.
#pragma once

#include "spawn/spawner.h"

namespace uvinetd {

// They become kFirstListenFd and the next ones, not close-on-exec. A descriptor of `steps` that
// stands there is moved out of the way. False: errno is set.
[[nodiscard]] bool place_sockets(const SpawnRequest& request, ChildSteps& steps);

}  // namespace uvinetd
