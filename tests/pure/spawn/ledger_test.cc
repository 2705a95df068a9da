// SPDX-License-Identifier: ISC
#include "spawn/ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace uvinetd {
namespace {

class LedgerTest : public testing::Test {
 protected:
  LedgerTest()
      : page(*make_shared_page("ledger-test", kLedgerBytes)),
        writer(*LedgerWriter::map(page.writer.get())),
        reader(*LedgerReader::map(page.reader.get())) {}

  std::uint32_t begin(LaunchId id, const SocketAddress* peer = nullptr) {
    const auto slot = writer.begin(id, 11, 22, 33, peer);
    EXPECT_TRUE(slot);
    return slot.value_or(0);
  }
  // The page as anybody with the writer's descriptor could change it.
  LedgerPage* raw() {
    if (!mapping.is_mapped()) mapping = std::move(*map_writable(page.writer.get(), kLedgerBytes));
    return static_cast<LedgerPage*>(mapping.data());
  }

  SharedPage page;
  LedgerWriter writer;
  LedgerReader reader;
  Mapping mapping;
};

TEST_F(LedgerTest, IsEmptyAtFirst) {
  EXPECT_TRUE(reader.entries().empty());
  EXPECT_FALSE(reader.find(1));
  EXPECT_TRUE(reader.is_open());
}

TEST_F(LedgerTest, ReadersFollowASlotThroughItsLife) {
  const auto slot = begin(77);
  auto entry = reader.find(77);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->state, SlotState::Starting);
  EXPECT_EQ(entry->child.pid, 0);
  writer.started(slot, 4711);
  entry = reader.find(77);
  EXPECT_EQ(entry->state, SlotState::Running);
  EXPECT_EQ(entry->child.pid, 4711);
  writer.linger(slot);
  EXPECT_EQ(reader.find(77)->state, SlotState::Lingering);
  writer.end(slot, 3 << 8);
  EXPECT_EQ(reader.find(77)->state, SlotState::Ended);
  EXPECT_EQ(reader.find(77)->status, 3 << 8);
  EXPECT_EQ(reader.find(77)->child.pid, 4711);
  writer.free(slot);
  EXPECT_FALSE(reader.find(77));
  EXPECT_TRUE(reader.entries().empty());
}

TEST_F(LedgerTest, ASlotThatHoldsNonsenseDoesNotHideAnotherOfThatLaunch) {
  const auto nonsense = begin(80);
  writer.pid_of(nonsense) = -1;
  const auto good = begin(80);
  writer.started(good, 4713);
  ASSERT_TRUE(reader.find(80));
  EXPECT_EQ(reader.find(80)->child.pid, 4713);
}

TEST_F(LedgerTest, APidThatTheKernelWroteStandsInASlotThatIsStarting) {
  EXPECT_FALSE(reader.has_certain_pids());
  writer.set_spawner(SpawnerKind::Clone);
  EXPECT_TRUE(reader.has_certain_pids());
  const auto slot = begin(78);
  writer.pid_of(slot) = 4712;
  EXPECT_EQ(reader.find(78)->state, SlotState::Starting);
  EXPECT_EQ(reader.find(78)->child.pid, 4712);
  writer.set_spawner(SpawnerKind::PosixSpawn);
  EXPECT_FALSE(reader.has_certain_pids());
}

TEST_F(LedgerTest, AZygoteHasALaunchUntilItsChildIsKnownOrItIsTakenBack) {
  const auto slot = begin(79);
  writer.hand_over(slot);
  EXPECT_EQ(reader.find(79)->state, SlotState::HandedOver);
  writer.take_back(slot);
  EXPECT_EQ(reader.find(79)->state, SlotState::Starting);
  writer.hand_over(slot);
  writer.started(slot, 4713);
  EXPECT_EQ(reader.find(79)->state, SlotState::Running);
  EXPECT_EQ(reader.find(79)->child.pid, 4713);
}

TEST_F(LedgerTest, ReadersSeeWhatTheWriterWrote) {
  const auto peer = *SocketAddress::parse_ip("2001:db8::7", 4242);
  begin(5, &peer);
  const auto entries = reader.entries();
  ASSERT_EQ(entries.size(), 1U);
  const auto& child = entries[0].child;
  EXPECT_EQ(child.id, 5U);
  EXPECT_EQ(child.service, 11U);
  EXPECT_EQ(child.listener, 22U);
  EXPECT_EQ(child.started_ns, 33);
  EXPECT_EQ(SocketAddress::from_bytes(child.peer), peer);
}

TEST_F(LedgerTest, APeerWithoutRoomOrNoneIsLeftOut) {
  const auto unix = *SocketAddress::unix_path("/a/path/longer/than/the/room/for/a/peer");
  begin(1, &unix);
  begin(2);
  EXPECT_EQ(reader.find(1)->child.peer, "");
  EXPECT_EQ(reader.find(2)->child.peer, "");
}

TEST_F(LedgerTest, ASlotUsedAgainKeepsNothingOfItsLastUse) {
  const auto peer = *SocketAddress::parse_ip("127.0.0.1", 1);
  const auto slot = begin(1, &peer);
  writer.started(slot, 99);
  writer.end(slot, 0);
  writer.free(slot);
  EXPECT_EQ(begin(2), slot);
  EXPECT_EQ(reader.find(2)->child.pid, 0);
  EXPECT_EQ(reader.find(2)->child.peer, "");
  EXPECT_EQ(reader.find(2)->state, SlotState::Starting);
}

TEST_F(LedgerTest, HoldsSixHundredAndFortyAndNotOneMore) {
  std::set<std::uint32_t> slots;
  for (std::uint32_t i = 1; i <= kLedgerSlots; ++i) slots.insert(begin(i));
  EXPECT_EQ(slots.size(), kLedgerSlots);
  EXPECT_FALSE(writer.begin(1'000, 1, 1, 1, nullptr));
  EXPECT_EQ(reader.entries().size(), kLedgerSlots);
  writer.free(17);
  EXPECT_EQ(writer.begin(1'000, 1, 1, 1, nullptr), 17U);
  EXPECT_FALSE(writer.begin(1'001, 1, 1, 1, nullptr));
  for (const auto slot : slots) writer.free(slot);
  EXPECT_TRUE(reader.entries().empty());
  for (std::uint32_t i = 1; i <= kLedgerSlots; ++i) begin(i);
}

TEST_F(LedgerTest, TheFirstStartSeenByAReaderIsNeverHalfWritten) {
  // The id is written last: without it the slot does not exist.
  const auto slot = begin(9);
  raw()->slots[slot].launch_id = 0;
  EXPECT_TRUE(reader.entries().empty());
}

TEST_F(LedgerTest, NonsenseInThePageIsIgnored) {
  auto* slots = raw()->slots;
  slots[0].launch_id = 1;  // no state
  slots[1].launch_id = 2;
  slots[1].state = 6;  // no such state
  slots[2].launch_id = 3;
  slots[2].state = 2;
  slots[2].pid = -1;   // kill(2) would take it for everybody
  slots[3].state = 2;  // no id
  slots[4].launch_id = 5;
  slots[4].state = 2;
  slots[4].pid = 7;
  slots[4].peer_size = 0xffffffff;  // more than there is room for
  const auto entries = reader.entries();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].child.id, 5U);
  EXPECT_EQ(entries[0].child.peer.size(), sizeof slots[4].peer);
  for (LaunchId id = 1; id <= 4; ++id) EXPECT_FALSE(reader.find(id)) << id;
  EXPECT_FALSE(reader.find(0));
}

TEST_F(LedgerTest, AnyBytesAtAllAreReadWithoutHarm) {
  auto* page_bytes = static_cast<unsigned char*>(static_cast<void*>(raw()));
  for (const int fill : {0xff, 0x01, 0x80, 0x7f}) {
    std::memset(page_bytes, fill, kLedgerBytes);
    EXPECT_FALSE(reader.has_certain_pids());
    for (const auto& entry : reader.entries()) {
      EXPECT_GE(entry.child.pid, 0);
      (void)SocketAddress::from_bytes(entry.child.peer).text();
    }
  }
}

TEST(Ledger, APageThatIsTooSmallIsNotMapped) {
  const auto page = make_shared_page("ledger-test", kLedgerBytes - 1);
  EXPECT_FALSE(LedgerWriter::map(page->writer.get()));
  EXPECT_FALSE(LedgerReader::map(page->reader.get()));
  EXPECT_FALSE(LedgerReader::map(-1));
}

TEST(Ledger, AReaderWithoutAPageHasNoEntries) {
  const LedgerReader reader;
  EXPECT_FALSE(reader.is_open());
  EXPECT_TRUE(reader.entries().empty());
  EXPECT_FALSE(reader.find(1));
  EXPECT_FALSE(reader.has_certain_pids());
}

}  // namespace
}  // namespace uvinetd
