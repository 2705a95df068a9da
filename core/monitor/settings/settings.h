// SPDX-License-Identifier: ISC
// From a loaded service to the parts of its table entry, defaults filled in; a file for each part.
#pragma once

#include "core/config/load/loader.h"
#include "core/monitor/options.h"
#include "spawn/table.h"

namespace uvinetd {

class AccessLists;

[[nodiscard]] AccessSettings access_settings(const LoadedService& service, AccessLists& lists);
[[nodiscard]] HoursSettings hours_settings(const LoadedService& service,
                                           const CommandLine& options);
[[nodiscard]] LimitSettings limit_settings(const LoadedService& service,
                                           const CommandLine& options);
[[nodiscard]] EndSettings end_settings(const LoadedService& service, const CommandLine& options);
[[nodiscard]] RelaySettings relay_settings(const LoadedService& service,
                                           const CommandLine& options);
[[nodiscard]] StdioSettings stdio_settings(const LoadedService& service,
                                           const CommandLine& options);
[[nodiscard]] BoxSettings box_settings(const LoadedService& service, const CommandLine& options);

}  // namespace uvinetd
