// SPDX-License-Identifier: ISC
// Reads the PROXY header of a connection and not a byte of what follows: that is the server's.
#pragma once

#include <string>

#include "core/reactor/relay/proxy_header.h"

namespace uvinetd {

// What is there now is taken into `taken`, which begins empty. Incomplete: more is to come.
// Malformed also when the connection has ended, or is in error.
[[nodiscard]] ProxyHeader read_proxy_header(int fd, std::string& taken);

}  // namespace uvinetd
