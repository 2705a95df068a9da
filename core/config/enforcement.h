// SPDX-License-Identifier: ISC
// Which settings are read but not enforced yet: a front end says so at their place.
//
// A setting that restricts access, or what a server may do, is never read and ignored: its service
// is left out until it is enforced.
#pragma once

#include <string_view>

#include "core/config/field.h"
#include "core/config/report.h"

namespace uvinetd {

enum class Enforcement : std::uint8_t {
  Now,
  Later,    // a warning: accepted, not yet enforced
  LeftOut,  // an error: the service is not served without it
};

// `key` is its name in TOML ("allow"), also where another language calls it otherwise
// ("only_from"). A key that is in no list is enforced.
[[nodiscard]] Enforcement enforcement_of(std::string_view key);

// Says what there is to say about a setting that is `written` so at `at`: nothing, the warning
// [not-enforced] or the error [not-enforceable]. False after an error. A report that keeps what is
// not enforced has warnings only.
bool check_enforced(std::string_view key, std::string_view written, Place at, Report& report);

}  // namespace uvinetd
