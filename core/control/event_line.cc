// SPDX-License-Identifier: ISC
#include "core/control/event_line.h"

#include "core/base/event_json.h"

namespace uvinetd {

std::string event_line(const Event& event) {
  constexpr std::size_t kMost = 8'192;  // bytes
  return "{\"event\":" + json_line(event, std::chrono::system_clock::now(), kMost) + "}\n";
}

}  // namespace uvinetd
