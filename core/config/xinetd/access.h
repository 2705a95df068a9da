// SPDX-License-Identifier: ISC
// The forms of clients and times that only_from, no_access and access_times take.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/field.h"
#include "core/config/reporter.h"

namespace uvinetd::xinetd {

// One word: an address, a network, a list in braces, a host or a domain; as `a.b.c.d/bits`,
// `x::/bits`, an address, a name or `.domain`. Empty: reported.
[[nodiscard]] std::vector<std::string> read_clients(const Field& field, Reporter& report);

// The network that `0.0.0.0` is read as: who lists it lists everybody.
inline constexpr std::string_view kEverybody = "0.0.0.0/0";

// `HH:MM-HH:MM`. False: reported.
[[nodiscard]] bool check_access_time(const Field& field, Reporter& report);

}  // namespace uvinetd::xinetd
