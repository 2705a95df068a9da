// SPDX-License-Identifier: ISC
// One service as lines of an inetd.conf: the inverse of inetd_entry.h.
#pragma once

#include <string>
#include <vector>

#include "core/config/inetd/inetd_conf.h"

namespace uvinetd {

// The nearest to `spec` that the language has, one entry a line; what a line does not say has to be
// found by reading it again. Empty: there is no such line.
[[nodiscard]] std::vector<std::string> inetd_lines(const ServiceSpec& spec, Dialect dialect,
                                                   const ServiceNames& names);

}  // namespace uvinetd
