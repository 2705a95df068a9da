// SPDX-License-Identifier: ISC
// Clients that come through a proxy, or are passed on to another host.
#pragma once

#include "core/base/codec.h"

namespace uvinetd {

struct RelaySettings {
  friend bool operator==(const RelaySettings&, const RelaySettings&) = default;
};

void put(Writer& out, const RelaySettings& settings);
void get(Reader& in, RelaySettings& out);

}  // namespace uvinetd
