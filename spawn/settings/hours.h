// SPDX-License-Identifier: ISC
// When clients are served: times of the day, the load of the host.
#pragma once

#include "core/base/codec.h"

namespace uvinetd {

struct HoursSettings {
  friend bool operator==(const HoursSettings&, const HoursSettings&) = default;
};

void put(Writer& out, const HoursSettings& settings);
void get(Reader& in, HoursSettings& out);

}  // namespace uvinetd
