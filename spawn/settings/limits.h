// SPDX-License-Identifier: ISC
// How often, how many at once and how long: what is counted before and while servers run.
#pragma once

#include "core/base/codec.h"

namespace uvinetd {

struct LimitSettings {
  friend bool operator==(const LimitSettings&, const LimitSettings&) = default;
};

void put(Writer& out, const LimitSettings& settings);
void get(Reader& in, LimitSettings& out);

}  // namespace uvinetd
