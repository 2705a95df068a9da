// SPDX-License-Identifier: ISC
#include "spawn/settings/ends.h"

namespace uvinetd {

void put(Writer& /*out*/, const EndSettings& /*settings*/) {}

void get(Reader& /*in*/, EndSettings& /*out*/) {}

}  // namespace uvinetd
