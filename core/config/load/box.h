// SPDX-License-Identifier: ISC
// The box of a service: what its keys mean on this system, and whether it can be had at all. What
// cannot be had leaves the service out, at the place of the key: no server runs with less.
#pragma once

#include "core/config/load/loader.h"
#include "spawn/settings/box.h"

namespace uvinetd {

// Fills in service.identity.box, which the launcher takes on. False: reported.
//
// Blocks  for the disk: a root and what it needs to hold, control groups.
[[nodiscard]] bool resolve_box(const LoadOptions& options, LoadedService& service,
                               Diagnostics& diagnostics);

// A control group has one set of limits: of two services that say otherwise, the one that is
// written later is left out.
void drop_group_conflicts(LoadedConfig& config);

// The other part, which each server takes on, of a service that resolve_box() was content with.
[[nodiscard]] BoxSettings child_box(const LoadedService& service);

}  // namespace uvinetd
