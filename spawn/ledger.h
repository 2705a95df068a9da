// SPDX-License-Identifier: ISC
// The launch ledger: one shared page per launcher, one slot per child.
//
// It outlives whoever dies. Settlement (what became of launches that a dead launcher was given),
// replay (what a new reactor must count) and adoption (whose children the monitor now reaps) all
// read this page. Rule: a launch without a child in it is repeated, one with a child never is.
//
//     Free --begin--> Starting --started--> Running --ended--> Ended --free--> Free
//                        |                     |
//                        +----free (failed)    +--linger--> Lingering (parent gone, session lives)
//                        +--hand_over--> HandedOver --started--> Running
//                        +<--take_back---+
//
// The slot is written before the spawn; the pid right after it, or (clone) by the kernel before the
// child runs, so that it may stand in a slot that is still Starting. Ended slots are freed only
// when the report of them has left for the reactor, so that a child that came and went is never
// taken for one that never was. One writer (the launcher); readers treat every field as untrusted.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/address.h"
#include "core/base/shared_memory.h"
#include "spawn/wire.h"

namespace uvinetd {

// The numbers are the wire format: never change one.
enum class SlotState : std::uint32_t {
  Free = 0,
  Starting = 1,
  Running = 2,
  Lingering = 3,
  Ended = 4,
  HandedOver = 5  // to a zygote, which may have made a child that has not said so yet
};

struct LedgerSlot {
  std::atomic<std::uint64_t> launch_id;  // 0 when free
  std::atomic<std::uint32_t> state;
  std::atomic<std::int32_t> pid;  // 0 until the child exists
  std::uint32_t service;
  std::uint32_t listener;
  std::int64_t started_ns;           // CLOCK_MONOTONIC
  std::uint32_t peer_size;           // bytes of peer; 0: none
  std::atomic<std::int32_t> status;  // as wait4(2) gave it, once Ended
  unsigned char peer[28];            // a sockaddr_in or sockaddr_in6
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

inline constexpr std::size_t kLedgerSlots = 640;          // children of one launcher, at most
inline constexpr std::size_t kComfortableChildren = 480;  // past this another launcher is started

struct LedgerPage {
  std::uint64_t magic;
  std::uint32_t capacity;
  std::atomic<std::uint32_t> spawner;  // SpawnerKind
  std::atomic<std::uint64_t> taken;    // launches done with since the reactor's channel was opened
  LedgerSlot slots[kLedgerSlots];
};
inline constexpr std::size_t kLedgerBytes = sizeof(LedgerPage);

// The launcher's side.
class LedgerWriter {
 public:
  static Result<LedgerWriter> map(int fd);

  // Index of a slot for this launch, state Starting; nullopt when all are taken.
  std::optional<std::uint32_t> begin(LaunchId id, std::uint32_t service, std::uint32_t listener,
                                     std::int64_t now_ns, const SocketAddress* peer) noexcept;
  // Whose children these are; before the first of them.
  void set_spawner(SpawnerKind kind) noexcept;
  // A launch was taken off the reactor's channel; a new channel has been opened.
  void count_taken() noexcept { page_->taken.fetch_add(1, std::memory_order_release); }
  void restart_count() noexcept { page_->taken.store(0, std::memory_order_release); }
  // For SpawnRequest::pid.
  [[nodiscard]] std::atomic<std::int32_t>& pid_of(std::uint32_t slot) noexcept {
    return page_->slots[slot].pid;
  }
  void hand_over(std::uint32_t slot) noexcept;
  void take_back(std::uint32_t slot) noexcept;  // nobody has got it: Starting again
  void started(std::uint32_t slot, std::int32_t pid) noexcept;
  void linger(std::uint32_t slot) noexcept;
  void end(std::uint32_t slot, std::int32_t status) noexcept;
  void free(std::uint32_t slot) noexcept;
  [[nodiscard]] const LedgerSlot& at(std::uint32_t slot) const noexcept {
    return page_->slots[slot];
  }

 private:
  explicit LedgerWriter(Mapping mapping);
  Mapping mapping_;
  LedgerPage* page_;
  std::vector<std::uint32_t> free_;  // a stack of free slots
};

// Anybody else's side: a copy of what stands there now.
struct LedgerEntry {
  RunningChild child;  // pid 0: Starting, and no child so far as is known
  SlotState state = SlotState::Free;
  std::int32_t status = 0;  // of the child, when Ended
};
class LedgerReader {
 public:
  LedgerReader() = default;
  static Result<LedgerReader> map(int fd);
  [[nodiscard]] std::vector<LedgerEntry> entries() const;  // all slots that are not free
  [[nodiscard]] std::optional<LedgerEntry> find(LaunchId id) const;
  // Whether a slot in Starting without a pid has certainly no child. Else nobody knows; as for one
  // that is HandedOver.
  [[nodiscard]] bool has_certain_pids() const;
  [[nodiscard]] std::uint64_t taken() const;
  [[nodiscard]] bool is_open() const { return mapping_.is_mapped(); }

 private:
  Mapping mapping_;
};

}  // namespace uvinetd
