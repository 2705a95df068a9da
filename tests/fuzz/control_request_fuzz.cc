// SPDX-License-Identifier: ISC
// Any bytes as what a client of the control socket sends. A request that is good is printed, and
// read back as it was.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/control/line_buffer.h"
#include "core/control/request.h"
#include "tests/fuzz/require.h"

namespace uvinetd {
namespace {

void check(std::string_view line) {
  const auto parsed = parse_request(line);
  if (parsed.error) {
    const auto reply = reply_error(*parsed.error);
    require(reply.ends_with("}}\n") && reply.find('\n') == reply.size() - 1);
    return;
  }
  auto printed = print_request(parsed.request);
  require(printed.ends_with('\n'));
  printed.pop_back();
  require(printed.find('\n') == std::string::npos);
  const auto again = parse_request(printed);
  require(!again.error && again.request == parsed.request);
}

}  // namespace
}  // namespace uvinetd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  // In two pieces, as they may come.
  LineBuffer lines(kLongestControlRequest);
  lines.add(bytes.substr(0, size / 2));
  while (const auto line = lines.next()) check(*line);
  lines.add(bytes.substr(size / 2));
  while (const auto line = lines.next()) require(line->find('\n') == std::string::npos);
  require(!lines.has_line());
  return 0;
}
