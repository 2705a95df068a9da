// SPDX-License-Identifier: ISC
// Where a service is reached, as uvinetd.toml(5) writes it: "tcp://[::1]:79", "unix:///run/x".
#pragma once

#include <string>
#include <vector>

#include "spawn/table.h"

namespace uvinetd {

// Each socket that it has in the table, in that order, and "tcpmux:NAME" if it is in the
// multiplexer.
[[nodiscard]] std::vector<std::string> socket_texts(const Table& table, std::uint32_t service);

}  // namespace uvinetd
