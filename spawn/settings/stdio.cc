// SPDX-License-Identifier: ISC
#include "spawn/settings/stdio.h"

namespace uvinetd {

void put(Writer& out, const StdioSettings& settings) {
  out.put(settings.errors);
  out.put(std::string_view(settings.file));
  out.put(std::string_view(settings.channel));
}

void get(Reader& in, StdioSettings& out) {
  out.errors = in.get_enum(ErrorOutput::File);
  out.file = in.get_text();
  out.channel = in.get_text();
}

}  // namespace uvinetd
