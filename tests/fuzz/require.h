// SPDX-License-Identifier: ISC
// What every front end promises for any bytes.
#pragma once

#include <cstdlib>
#include <string>
#include <unordered_set>

#include "core/config/front_end.h"
#include "tests/pure/config/places.h"

namespace uvinetd {

inline void require(bool claim) {
  if (!claim) std::abort();
}

// Ids are one service's each, and what is not served is told as an error.
inline void require_sound(const ParsedConfig& parsed) {
  std::unordered_set<std::string> ids;
  for (const auto& spec : parsed.services) require(!spec.id.empty() && ids.insert(spec.id).second);
  require(parsed.services.size() <= parsed.services_written);
  require(parsed.services.size() == parsed.services_written || has_errors(parsed.diagnostics));
}

}  // namespace uvinetd
