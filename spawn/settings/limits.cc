// SPDX-License-Identifier: ISC
#include "spawn/settings/limits.h"

namespace uvinetd {

void put(Writer& /*out*/, const LimitSettings& /*settings*/) {}

void get(Reader& /*in*/, LimitSettings& /*out*/) {}

}  // namespace uvinetd
