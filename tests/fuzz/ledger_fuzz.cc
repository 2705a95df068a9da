// SPDX-License-Identifier: ISC
// Any bytes as what a launcher has left in its page: readers believe none of it. Written over the
// page from its first field on, so that its beginning may be wrong too.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "spawn/ledger.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace uvinetd;
  static auto page = make_shared_page("ledger", kLedgerBytes);
  require(page.has_value());
  static auto writer = map_writable(page->writer.get(), kLedgerBytes);
  static const auto reader = LedgerReader::map(page->reader.get());
  require(writer.has_value() && reader.has_value());
  auto* const bytes = static_cast<unsigned char*>(writer->data());
  std::memset(bytes, 0, kLedgerBytes);
  if (size != 0) std::memcpy(bytes, data, std::min(size, kLedgerBytes));
  const auto entries = reader->entries();
  require(entries.size() <= kLedgerSlots);
  for (const auto& entry : entries) {
    require(entry.child.id != 0 && entry.child.pid >= 0 && entry.state != SlotState::Free);
    require(entry.child.peer.size() <= sizeof(LedgerSlot::peer));
    (void)SocketAddress::from_bytes(entry.child.peer).text();
    const auto found = reader->find(entry.child.id);
    require(found.has_value() && found->child.id == entry.child.id);
  }
  (void)reader->has_certain_pids();
  (void)reader->taken();
  return 0;
}
