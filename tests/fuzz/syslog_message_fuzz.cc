// SPDX-License-Identifier: ISC
// Any datagram, of any sender, and all that is written of it. The first octet of the input says how
// it came and what is believed; the datagram is the rest.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "tests/fuzz/require.h"
#include "tests/pure/syslogd/sound_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  if (size == 0) return 0;
  const unsigned how = data[0];
  const std::string_view datagram(reinterpret_cast<const char*>(data + 1), size - 1);
  SyslogOrigin origin;
  origin.is_local = (how & 1) != 0;
  origin.is_kernel = (how & 2) != 0;
  origin.pid = (how & 4) != 0 ? 12 : 0;
  origin.is_truncated = (how & 8) != 0;
  if (!origin.is_local) origin.address = "2001:db8::1";
  const SyslogRecordRules rules{"this", (how & 16) != 0, (how & 32) != 0};
  const auto unsound = unsound_datagram(datagram, origin, rules, {1'795'725'681, 123'456'789});
  if (!unsound.empty()) std::fprintf(stderr, "%s\n", unsound.c_str());
  require(unsound.empty());
  return 0;
}
