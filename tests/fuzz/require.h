// SPDX-License-Identifier: ISC
// What every front end promises for any bytes.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_set>

#include "core/config/front_end.h"
#include "tests/pure/config/places.h"

namespace uvinetd {

// The place is the caller's. std::source_location needs a newer clang.
inline void require(bool claim, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (claim) return;
  std::fprintf(stderr, "%s:%d: a promise is broken\n", file, line);
  std::abort();
}

// A program, an answer of our own (maybe by a program), or a redirect. A sensor may do without.
inline void require_one_answer(const ServiceSpec& spec) {
  require(spec.program.empty() == spec.argv.empty());
  const bool is_internal = !spec.internal.empty() && !is_health_check(spec);
  const int answers = !spec.program.empty() + is_internal + spec.more->redirect.has_value();
  require(answers == 1 || (answers == 0 && spec.more->is_sensor));
}

// Ids are one service's each, and what is not served is told as an error.
inline void require_sound(const ParsedConfig& parsed) {
  std::unordered_set<std::string> ids;
  for (const auto& spec : parsed.services) {
    require(!spec.id.empty() && ids.insert(spec.id).second);
    require_one_answer(spec);
  }
  require(parsed.services.size() <= parsed.services_written);
  require(parsed.services.size() == parsed.services_written || has_errors(parsed.diagnostics));
}

}  // namespace uvinetd
