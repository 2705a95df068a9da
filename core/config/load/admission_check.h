// SPDX-License-Identifier: ISC
// Whether what a service says of its clients can be enforced on its kind of socket.
//
// Where the server itself takes the clients (wait), and where a datagram is no connection, only the
// kernel stands in between: it knows addresses, and nothing else.
#pragma once

#include <vector>

#include "core/config/load/loader.h"

namespace uvinetd {

// Drops the services with a restriction that nobody would enforce, and tells at its place which.
void check_admission(const LoadOptions& options, std::vector<ServiceSpec>& services,
                     Diagnostics& diagnostics);

}  // namespace uvinetd
