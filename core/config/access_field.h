// SPDX-License-Identifier: ISC
// An access rule as a word of a file.
#pragma once

#include "core/config/access_rule.h"
#include "core/config/field.h"
#include "core/config/reporter.h"

namespace uvinetd {

// False: reported at its place. Bits behind a prefix are told.
[[nodiscard]] bool read_access_rule(const Field& field, Reporter& report, AccessRule& out);

}  // namespace uvinetd
