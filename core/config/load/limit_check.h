// SPDX-License-Identifier: ISC
// Limits that a service asks for and cannot have.
#pragma once

#include "core/config/diagnostic.h"
#include "core/config/service_spec.h"

namespace uvinetd {

// False: told; the service is left out rather than served with less.
bool check_limits(const ServiceSpec& spec, Diagnostics& diagnostics);

}  // namespace uvinetd
