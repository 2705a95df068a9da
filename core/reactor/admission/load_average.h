// SPDX-License-Identifier: ISC
// The load of the host over the last minute, as a process in an empty root can learn it.
#pragma once

#include <optional>

namespace uvinetd {

// nullopt: the system does not say.
[[nodiscard]] std::optional<double> load_average();
// What has to be opened while it is in reach; once, before the root is left.
void prepare_load_average();

}  // namespace uvinetd
