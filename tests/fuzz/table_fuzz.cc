// SPDX-License-Identifier: ISC
// Any bytes as the run-time table that the roles map, and every look-up in it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "spawn/table.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto table = Table::view(bytes);
  if (!table) return 0;
  // Each takes a place in the index at least.
  require(table->service_count() <= size);
  for (std::size_t i = 0; i < table->service_count(); ++i) {
    const auto outline = table->outline_at(i);
    const auto service = table->service_at(i);
    require(service.key == outline.key && service.id == outline.id);
    require(service.argv.size() <= size && service.environment.size() <= size);
    require(service.listeners.size() <= size && outline.sockets.size() <= size);
    if (const auto same = table->service(service.key)) require(same->id.size() <= size);
    if (const auto who = table->identity(service.identity)) require(who->groups.size() <= size);
  }
  (void)table->service(0);
  (void)table->identity(1);
  return 0;
}
