// SPDX-License-Identifier: ISC
#include "core/ctl/live/terminal.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace uvinetd {

bool has_colors(LiveOptions::Color when, bool is_terminal, const char* no_color, const char* term) {
  switch (when) {
    case LiveOptions::Color::Always:
      return true;
    case LiveOptions::Color::Never:
      return false;
    case LiveOptions::Color::Auto:
      break;
  }
  if (no_color != nullptr && *no_color != '\0') return false;
  return is_terminal && term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool has_colors(LiveOptions::Color when, int fd) {
  return has_colors(when, isatty(fd) == 1, std::getenv("NO_COLOR"), std::getenv("TERM"));
}

}  // namespace uvinetd
