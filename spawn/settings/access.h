// SPDX-License-Identifier: ISC
// Who may connect: rules by address, name, interface and Unix peer.
#pragma once

#include "core/base/codec.h"

namespace uvinetd {

struct AccessSettings {
  friend bool operator==(const AccessSettings&, const AccessSettings&) = default;
};

void put(Writer& out, const AccessSettings& settings);
void get(Reader& in, AccessSettings& out);

}  // namespace uvinetd
