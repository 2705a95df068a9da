// SPDX-License-Identifier: ISC
// Where the standard error of a server goes.
#pragma once

#include "core/base/codec.h"

namespace uvinetd {

struct StdioSettings {
  friend bool operator==(const StdioSettings&, const StdioSettings&) = default;
};

void put(Writer& out, const StdioSettings& settings);
void get(Reader& in, StdioSettings& out);

}  // namespace uvinetd
