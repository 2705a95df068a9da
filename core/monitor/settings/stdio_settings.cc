// SPDX-License-Identifier: ISC
#include "core/monitor/settings/settings.h"

namespace uvinetd {

StdioSettings stdio_settings(const LoadedService& /*service*/, const CommandLine& /*options*/) {
  return {};
}

}  // namespace uvinetd
