// SPDX-License-Identifier: ISC
// Events in the words of xinetd's log, for whoever reads that (fail2ban and the like):
//   START: finger pid=12 from=192.0.2.7
//   EXIT: finger status=0 pid=12 duration=3(sec)
//   FAIL: finger address from=192.0.2.7
//   USERID: finger joe
// Addresses stand without a port. An event that xinetd has no line for is told as text.
#pragma once

#include <string>
#include <string_view>

#include "core/base/event.h"

namespace uvinetd {

[[nodiscard]] std::string xinetd_line(const Event& event);
// "TRAFFIC: finger in=3(bytes) out=4(bytes)", which xinetd has beside the end of a redirected
// client; "" where there is none.
[[nodiscard]] std::string xinetd_traffic_line(const Event& event);
// xinetd's word for the reason of a refusal: "address" for "access"; what it has none for is
// itself.
[[nodiscard]] std::string_view xinetd_reason(std::string_view reason);

}  // namespace uvinetd
