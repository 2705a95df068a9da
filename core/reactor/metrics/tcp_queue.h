// SPDX-License-Identifier: ISC
// How many clients stand in the backlog of a listening socket.
#pragma once

#include <optional>

#include "core/reactor/metrics/metrics_view.h"

namespace uvinetd {

// nullopt: no listening TCP socket, or not known on this system.
[[nodiscard]] std::optional<QueueLength> tcp_queue(int fd);

}  // namespace uvinetd
