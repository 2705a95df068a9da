// SPDX-License-Identifier: ISC
// How much the system allows in all.
#pragma once

#include <cstdint>

namespace uvinetd {

// 80 % of the processes that the system, the control group and this user may have; servers beyond
// it wait in the backlogs. 0: no limit is known.
[[nodiscard]] std::uint32_t global_instance_limit();

}  // namespace uvinetd
