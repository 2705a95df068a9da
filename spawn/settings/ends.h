// SPDX-License-Identifier: ISC
// What clients are told and what is logged of them.
#pragma once

#include "core/base/codec.h"

namespace uvinetd {

struct EndSettings {
  friend bool operator==(const EndSettings&, const EndSettings&) = default;
};

void put(Writer& out, const EndSettings& settings);
void get(Reader& in, EndSettings& out);

}  // namespace uvinetd
