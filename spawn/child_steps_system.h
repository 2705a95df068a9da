// SPDX-License-Identifier: ISC
// The steps of child_steps.h that not every system has. False: errno is set, ENOSYS where there is
// no such thing.
#pragma once

#include "spawn/child_steps.h"

namespace uvinetd {

[[nodiscard]] bool set_io_priority(std::uint16_t priority);
[[nodiscard]] bool join_group(int group);
[[nodiscard]] bool forbid_new_privileges();
[[nodiscard]] bool keep_to_paths(const BoxSettings& box);
[[nodiscard]] bool keep_to_calls(const BoxSettings& box);

}  // namespace uvinetd
