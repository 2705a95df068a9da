// SPDX-License-Identifier: ISC
#include "core/monitor/settings/settings.h"

namespace uvinetd {

BoxSettings box_settings(const LoadedService& /*service*/, const CommandLine& /*options*/) {
  return {};
}

}  // namespace uvinetd
