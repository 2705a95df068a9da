// SPDX-License-Identifier: ISC
// Who has which socket: finds services that want the same one, in one file or across files.
#pragma once

#include <span>
#include <vector>

#include "core/config/diagnostic.h"
#include "core/config/service_spec.h"

namespace uvinetd {

// Gives every socket, and every name in the TCP port multiplexer, to the first service that names
// it, and makes ids unique. Answers, for each
// service, whether it may stay; one that may not has an error [duplicate].
//
// The optional half of a plain `tcp` (see ListenSpec) yields to a line that names that socket
// itself, whichever comes first: it is taken out of its service, with a warning.
[[nodiscard]] std::vector<bool> claim_sockets(std::span<ServiceSpec* const> services,
                                              Diagnostics& diagnostics);

}  // namespace uvinetd
