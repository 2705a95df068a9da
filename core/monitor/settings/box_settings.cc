// SPDX-License-Identifier: ISC
#include "core/config/load/box.h"
#include "core/monitor/settings/settings.h"

namespace uvinetd {

BoxSettings box_settings(const LoadedService& service, const CommandLine& /*options*/) {
  if (!has_server(service.spec)) return {};
  return child_box(service);
}

}  // namespace uvinetd
