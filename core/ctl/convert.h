// SPDX-License-Identifier: ISC
// A configuration in another language. Pure: files have been read, nothing is looked up.
#pragma once

#include <string>

#include "core/config/load/loader.h"
#include "core/ctl/command.h"

namespace uvinetd {

struct Converted {
  std::string text;
  Diagnostics lost;          // [lost]: what the other language does not say; errors: left out
  bool is_complete = false;  // nothing was left out, by the reader neither
};

// `names` and `dialect` have to be those of the reader.
[[nodiscard]] Converted convert(const WrittenConfig& config, Command::Target target,
                                Dialect dialect, const ServiceNames& names);

}  // namespace uvinetd
