// SPDX-License-Identifier: ISC
// Variables that are meant for this process alone.
#pragma once

#include <optional>
#include <string>

namespace uvinetd {

// Out of the environment with it: no child is to see it. nullopt: it is not set.
std::optional<std::string> take_variable(const char* name);

}  // namespace uvinetd
