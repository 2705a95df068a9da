// SPDX-License-Identifier: ISC
#include "spawn/settings/access.h"

namespace uvinetd {

void put(Writer& /*out*/, const AccessSettings& /*settings*/) {}

void get(Reader& /*in*/, AccessSettings& /*out*/) {}

}  // namespace uvinetd
