// SPDX-License-Identifier: ISC
// An event as who listens at the control socket gets it. Pure but for the time.
#pragma once

#include <string>

#include "core/base/event.h"

namespace uvinetd {

[[nodiscard]] std::string event_line(const Event& event);

}  // namespace uvinetd
