// SPDX-License-Identifier: ISC
#include "spawn/ledger.h"

#include <algorithm>
#include <cstring>

namespace uvinetd {
namespace {

constexpr std::uint64_t kMagic = 0x7576696c65646731;  // "uvilegd1"

// Reads one slot; nullopt when it is free or holds nonsense.
std::optional<LedgerEntry> read_slot(const LedgerSlot& slot) {
  const auto id = slot.launch_id.load(std::memory_order_acquire);
  const auto state = slot.state.load(std::memory_order_acquire);
  if (id == 0 || state == 0 || state > static_cast<std::uint32_t>(SlotState::HandedOver)) {
    return std::nullopt;
  }
  LedgerEntry entry;
  entry.state = static_cast<SlotState>(state);
  entry.child.id = id;
  entry.child.pid = slot.pid.load(std::memory_order_acquire);
  entry.status = slot.status.load(std::memory_order_relaxed);
  entry.child.service = slot.service;
  entry.child.listener = slot.listener;
  entry.child.started_ns = slot.started_ns;
  const auto size = std::min<std::size_t>(slot.peer_size, sizeof slot.peer);
  entry.child.peer.assign(reinterpret_cast<const char*>(slot.peer), size);
  // The slot may have been freed and taken again meanwhile.
  if (entry.child.pid < 0 || slot.launch_id.load(std::memory_order_acquire) != id) {
    return std::nullopt;
  }
  return entry;
}

}  // namespace

LedgerWriter::LedgerWriter(Mapping mapping)
    : mapping_(std::move(mapping)), page_(static_cast<LedgerPage*>(mapping_.data())) {
  page_->magic = kMagic;
  page_->capacity = kLedgerSlots;
  free_.reserve(kLedgerSlots);
  for (std::uint32_t i = kLedgerSlots; i > 0; --i) free_.push_back(i - 1);
}

Result<LedgerWriter> LedgerWriter::map(int fd) {
  auto mapping = map_writable(fd, kLedgerBytes);
  if (!mapping) return tl::unexpected(mapping.error());
  return LedgerWriter(std::move(*mapping));
}

std::optional<std::uint32_t> LedgerWriter::begin(LaunchId id, std::uint32_t service,
                                                 std::uint32_t listener, std::int64_t now_ns,
                                                 const SocketAddress* peer) noexcept {
  if (free_.empty()) return std::nullopt;
  const auto index = free_.back();
  free_.pop_back();
  auto& slot = page_->slots[index];
  slot.pid.store(0, std::memory_order_relaxed);
  slot.service = service;
  slot.listener = listener;
  slot.started_ns = now_ns;
  slot.peer_size = 0;
  if (peer != nullptr && peer->size() <= sizeof slot.peer) {
    slot.peer_size = peer->size();
    std::memcpy(slot.peer, peer->data(), peer->size());
  }
  slot.state.store(static_cast<std::uint32_t>(SlotState::Starting), std::memory_order_release);
  slot.launch_id.store(id, std::memory_order_release);
  return index;
}

void LedgerWriter::set_spawner(SpawnerKind kind) noexcept {
  page_->spawner.store(static_cast<std::uint32_t>(kind), std::memory_order_release);
}

void LedgerWriter::hand_over(std::uint32_t slot) noexcept {
  page_->slots[slot].state.store(static_cast<std::uint32_t>(SlotState::HandedOver),
                                 std::memory_order_release);
}

void LedgerWriter::take_back(std::uint32_t slot) noexcept {
  page_->slots[slot].state.store(static_cast<std::uint32_t>(SlotState::Starting),
                                 std::memory_order_release);
}

void LedgerWriter::started(std::uint32_t slot, std::int32_t pid) noexcept {
  page_->slots[slot].pid.store(pid, std::memory_order_release);
  page_->slots[slot].state.store(static_cast<std::uint32_t>(SlotState::Running),
                                 std::memory_order_release);
}

void LedgerWriter::linger(std::uint32_t slot) noexcept {
  page_->slots[slot].state.store(static_cast<std::uint32_t>(SlotState::Lingering),
                                 std::memory_order_release);
}

void LedgerWriter::end(std::uint32_t slot, std::int32_t status) noexcept {
  page_->slots[slot].status.store(status, std::memory_order_relaxed);
  page_->slots[slot].state.store(static_cast<std::uint32_t>(SlotState::Ended),
                                 std::memory_order_release);
}

void LedgerWriter::free(std::uint32_t slot) noexcept {
  page_->slots[slot].launch_id.store(0, std::memory_order_release);
  page_->slots[slot].state.store(static_cast<std::uint32_t>(SlotState::Free),
                                 std::memory_order_release);
  free_.push_back(slot);
}

Result<LedgerReader> LedgerReader::map(int fd) {
  auto mapping = map_read_only(fd, kLedgerBytes);
  if (!mapping) return tl::unexpected(mapping.error());
  LedgerReader reader;
  reader.mapping_ = std::move(*mapping);
  return reader;
}

bool LedgerReader::has_certain_pids() const {
  if (!is_open()) return false;
  const auto* page = static_cast<const LedgerPage*>(mapping_.data());
  return page->spawner.load(std::memory_order_acquire) ==
         static_cast<std::uint32_t>(SpawnerKind::Clone);
}

std::uint64_t LedgerReader::taken() const {
  if (!is_open()) return 0;
  return static_cast<const LedgerPage*>(mapping_.data())->taken.load(std::memory_order_acquire);
}

std::vector<LedgerEntry> LedgerReader::entries() const {
  std::vector<LedgerEntry> out;
  if (!is_open()) return out;
  const auto* page = static_cast<const LedgerPage*>(mapping_.data());
  for (const auto& slot : page->slots) {
    if (auto entry = read_slot(slot)) out.push_back(std::move(*entry));
  }
  return out;
}

std::optional<LedgerEntry> LedgerReader::find(LaunchId id) const {
  if (!is_open()) return std::nullopt;
  const auto* page = static_cast<const LedgerPage*>(mapping_.data());
  for (const auto& slot : page->slots) {
    if (slot.launch_id.load(std::memory_order_acquire) != id) continue;
    if (auto entry = read_slot(slot)) return entry;  // else nonsense, as in entries()
  }
  return std::nullopt;
}

}  // namespace uvinetd
