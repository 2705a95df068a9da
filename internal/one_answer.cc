// SPDX-License-Identifier: ISC
#include "internal/one_answer.h"

#include <array>

#include "core/base/clock.h"

namespace uvinetd {

Interest OneAnswer::step(int fd) noexcept {
  if (!words_.is_set()) {
    std::array<std::byte, 64> text{};
    const auto size = answer_({}, text, wall_clock_seconds());
    words_.set(std::string(reinterpret_cast<const char*>(text.data()), size));
  }
  return words_.step(fd);
}

}  // namespace uvinetd
