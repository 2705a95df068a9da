// SPDX-License-Identifier: ISC
// sysinfo(2), which needs no file: getloadavg(3) reads /proc/loadavg.
#include <sys/sysinfo.h>

#include "core/reactor/admission/load_average.h"

namespace uvinetd {

std::optional<double> load_average() {
  struct sysinfo info {};
  if (sysinfo(&info) != 0) return std::nullopt;
  return static_cast<double>(info.loads[0]) / (1U << SI_LOAD_SHIFT);
}

void prepare_load_average() {}

}  // namespace uvinetd
