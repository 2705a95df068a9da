// SPDX-License-Identifier: ISC
#include "spawn/settings/relay.h"

namespace uvinetd {

void put(Writer& /*out*/, const RelaySettings& /*settings*/) {}

void get(Reader& /*in*/, RelaySettings& /*out*/) {}

}  // namespace uvinetd
