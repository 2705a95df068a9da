// SPDX-License-Identifier: ISC
// Any bytes as what one monitor leaves to the next. What can be read comes back as it was.
#include <cstdint>
#include <string_view>

#include "core/monitor/upgrade/upgrade_state.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  const auto state = parse_upgrade_state({reinterpret_cast<const char*>(data), size});
  if (!state) {
    require(!state.error().empty());
    return 0;
  }
  for (const int fd : descriptors_of(*state)) require(fd >= 0);
  const auto again = parse_upgrade_state(print(*state));
  require(again && print(*again) == print(*state));
  return 0;
}
