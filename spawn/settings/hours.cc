// SPDX-License-Identifier: ISC
#include "spawn/settings/hours.h"

namespace uvinetd {

void put(Writer& /*out*/, const HoursSettings& /*settings*/) {}

void get(Reader& /*in*/, HoursSettings& /*out*/) {}

}  // namespace uvinetd
