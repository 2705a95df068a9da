// SPDX-License-Identifier: ISC
#include "core/monitor/settings/settings.h"

namespace uvinetd {

EndSettings end_settings(const LoadedService& service, const CommandLine& /*options*/) {
  return *service.ends;
}

}  // namespace uvinetd
