// SPDX-License-Identifier: ISC
// Names to numbers: users, groups, owners of Unix sockets and host names of a list of services.
#pragma once

#include <vector>

#include "core/config/load/loader.h"
#include "core/config/load/lookup.h"
#include "core/config/load/name_service.h"

namespace uvinetd {

// Whether addresses or RPC programs have come from names, so that two of them may be the same.
enum class SharedNames { None, Some };

// Puts each spec into out.services or out.unresolved, or leaves it out with an error.
// Blocks at most for options.lookup_deadline.
[[nodiscard]] SharedNames resolve_services(std::vector<ServiceSpec> specs,
                                           const LoadOptions& options, LookupHelper& helper,
                                           LoadedConfig& out);

// load_config with name look-ups of one's own, for tests.
[[nodiscard]] LoadedConfig load_config_with(const std::vector<std::string>& paths,
                                            const LoadOptions& options, const ServiceNames& names,
                                            const NameService& service);

}  // namespace uvinetd
