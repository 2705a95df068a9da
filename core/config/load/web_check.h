// SPDX-License-Identifier: ISC
// The built-ins that tell of the daemon over HTTP: who reads them learns what runs on this host.
#pragma once

#include "core/config/load/loader.h"

namespace uvinetd {

inline constexpr unsigned kUsualWebClients = 32;  // at once

// Warns of those that everybody may ask, and limits those that have no limit of their own.
void check_web_services(LoadedConfig& config);

}  // namespace uvinetd
