// SPDX-License-Identifier: ISC
// Whether what is written to a descriptor may have colours.
#pragma once

#include "core/ctl/command.h"

namespace uvinetd {

// Pure. `no_color`, `term`: the variables NO_COLOR (no-color.org: set and not empty) and TERM.
[[nodiscard]] bool has_colors(LiveOptions::Color when, bool is_terminal, const char* no_color,
                              const char* term);
[[nodiscard]] bool has_colors(LiveOptions::Color when, int fd);

}  // namespace uvinetd
