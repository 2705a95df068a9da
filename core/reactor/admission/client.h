// SPDX-License-Identifier: ISC
// One that asks to be served, as far as admission looks at it.
#pragma once

#include "core/base/address.h"

namespace uvinetd {

struct Client {
  SocketAddress peer;
  int socket = -1;  // its connection, borrowed
};

}  // namespace uvinetd
