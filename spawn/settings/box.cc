// SPDX-License-Identifier: ISC
#include "spawn/settings/box.h"

namespace uvinetd {

void put(Writer& /*out*/, const BoxSettings& /*settings*/) {}

void get(Reader& /*in*/, BoxSettings& /*out*/) {}

}  // namespace uvinetd
