// SPDX-License-Identifier: ISC
// Whose word is taken for who a client is. Pure.
#pragma once

#include "core/base/address.h"
#include "spawn/settings/relay.h"

namespace uvinetd {

// Whether a connection from `peer` may begin with a PROXY header.
[[nodiscard]] bool is_trusted_proxy(const RelaySettings& settings, const SocketAddress& peer);

}  // namespace uvinetd
