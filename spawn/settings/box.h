// SPDX-License-Identifier: ISC
// What a server may do once it runs.
#pragma once

#include "core/base/codec.h"

namespace uvinetd {

struct BoxSettings {
  friend bool operator==(const BoxSettings&, const BoxSettings&) = default;
};

void put(Writer& out, const BoxSettings& settings);
void get(Reader& in, BoxSettings& out);

}  // namespace uvinetd
