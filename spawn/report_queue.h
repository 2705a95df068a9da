// SPDX-License-Identifier: ISC
// What a launcher has to tell the reactor and has not told it yet.
//
// A report that somebody waits for leaves at the end of the turn. The others wait a moment for
// company: each packet wakes the reactor, and on a host with few cores that wake-up stands before
// the first instruction of the server that has just been started.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/base/channel.h"
#include "spawn/ledger.h"
#include "spawn/wire.h"

namespace uvinetd {

class ReportQueue {
 public:
  static constexpr std::chrono::milliseconds kDelay{1};  // the longest that a report waits
  static constexpr std::size_t kCrowd = 16;              // so many do not wait

  // `now` is of CLOCK_MONOTONIC, here and below.
  void push(Report report, bool is_prompt, std::chrono::nanoseconds now);
  // The slot is free for another child when the reports have left.
  void free_when_sent(std::uint32_t slot) { ended_slots_.push_back(slot); }
  // Everything is due: a new reactor is there.
  void hurry() { due_ = std::chrono::nanoseconds(0); }

  // Something waits that is not due yet.
  [[nodiscard]] bool is_waiting() const { return due_ != kNever; }
  [[nodiscard]] bool is_due(std::chrono::nanoseconds now) const {
    return due_ <= now || reports_.size() >= kCrowd;
  }
  [[nodiscard]] std::chrono::nanoseconds due() const { return due_; }

  // Sends all. What cannot be sent, because the reactor is dead, is kept for the next one.
  void flush(Channel& reactor, LedgerWriter* ledger);

 private:
  static constexpr std::chrono::nanoseconds kNever{std::numeric_limits<std::int64_t>::max()};

  std::vector<Report> reports_;
  std::vector<std::uint32_t> ended_slots_;
  std::chrono::nanoseconds due_ = kNever;
};

}  // namespace uvinetd
