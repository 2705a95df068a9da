// SPDX-License-Identifier: ISC
// The name of this host, as gethostname(2) has it.
#pragma once

#include <string>

namespace uvinetd {

// "": it is not to be had.
[[nodiscard]] std::string host_name();

}  // namespace uvinetd
