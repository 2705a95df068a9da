// SPDX-License-Identifier: ISC
#include "spawn/settings/stdio.h"

namespace uvinetd {

void put(Writer& /*out*/, const StdioSettings& /*settings*/) {}

void get(Reader& /*in*/, StdioSettings& /*out*/) {}

}  // namespace uvinetd
