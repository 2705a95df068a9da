// SPDX-License-Identifier: ISC
#include "core/base/environment.h"

#include <cstdlib>

namespace uvinetd {

std::optional<std::string> take_variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string text(value);
  ::unsetenv(name);
  return text;
}

}  // namespace uvinetd
