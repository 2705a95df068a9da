// SPDX-License-Identifier: ISC
// A file of access rules: one a line, `#` begins a comment. Which list the file stands in says
// whether they allow or deny. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/access_rule.h"
#include "core/config/diagnostic.h"

namespace uvinetd {

struct AccessFile {
  std::vector<AccessRule> rules;
  Diagnostics diagnostics;
};

// With an error none of it is used. In a file users and groups are numbers: it may change at any
// time, and then nobody waits for a name service.
[[nodiscard]] AccessFile parse_access_file(std::string_view text, const std::string& name);

}  // namespace uvinetd
