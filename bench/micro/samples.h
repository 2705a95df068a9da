// SPDX-License-Identifier: ISC
// Made-up configurations of a wanted size.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/config/load/loader.h"
#include "spawn/table.h"

namespace uvinetd::bench {

// So many different services, a socket each, in each of the languages: equal specifications.
[[nodiscard]] std::string sample_conf(std::size_t lines);
[[nodiscard]] std::string sample_xinetd(std::size_t services);
[[nodiscard]] std::string sample_toml(std::size_t services);

// The same, parsed, with everybody's identity looked up.
[[nodiscard]] std::vector<LoadedService> sample_services(std::size_t count);

// The same for the run-time table; keys are 1 to `count`.
[[nodiscard]] std::vector<TableService> sample_table_services(std::size_t count);

}  // namespace uvinetd::bench
