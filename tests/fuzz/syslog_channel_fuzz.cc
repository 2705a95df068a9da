// SPDX-License-Identifier: ISC
// Any bytes as the body of each message between the monitor and uvinetd-syslogd; the first byte
// says of which. Also the memory that a Setup comes with.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/config/syslog/syslog_rules.h"
#include "core/syslogd/syslog_wire.h"
#include "tests/fuzz/require.h"

namespace uvinetd {
namespace {

// What is understood is said again in the same words.
template <typename T>
void check(std::string_view body) {
  const auto parsed = parse_as<T>(body);
  if (parsed) require(print(*parsed) == body);
}

void check_setup(std::string_view body) {
  const auto setup = parse_syslog_setup(body);
  if (!setup) return;
  for (const auto& rule : setup->rules.rules) require(rule.action < setup->rules.actions.size());
  const auto again = parse_syslog_setup(print(*setup));
  require(again.has_value());
  require(*again == *setup);
}

using Check = void (*)(std::string_view);
constexpr Check kChecks[] = {check<SyslogHello>,     check<SyslogGeneration>, check<SyslogTarget>,
                             check<SyslogTerminals>, check<SyslogCounts>,     check_setup};

}  // namespace
}  // namespace uvinetd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  if (size == 0) return 0;
  kChecks[data[0] % std::size(kChecks)]({reinterpret_cast<const char*>(data + 1), size - 1});
  return 0;
}
