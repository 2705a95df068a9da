// SPDX-License-Identifier: ISC
#include "core/base/connection_activity.h"

namespace uvinetd {

std::optional<ConnectionActivity> activity_of(int /*connection*/) {
  return std::nullopt;
}

}  // namespace uvinetd
