// SPDX-License-Identifier: ISC
// RFC 867: the date and time of day for people, as ctime(3) writes it in the C locale, local time:
// "Sun Nov 22 10:16:34 2026" CR LF.
#include <algorithm>

#include "core/base/calendar.h"
#include "internal/one_answer.h"
#include "internal/services.h"

namespace uvinetd {

std::unique_ptr<StreamSession> open_daytime() {
  return std::make_unique<OneAnswer>(answer_daytime);
}

std::size_t answer_daytime(std::span<const std::byte> /*request*/, std::span<std::byte> reply,
                           std::time_t now) {
  const std::string text = date_and_time(now) + "\r\n";
  const auto bytes = std::as_bytes(std::span(text));
  const auto size = std::min(bytes.size(), reply.size());
  std::copy_n(bytes.begin(), size, reply.begin());
  return size;
}

}  // namespace uvinetd
