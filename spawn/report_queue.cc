// SPDX-License-Identifier: ISC
#include "spawn/report_queue.h"

#include <algorithm>
#include <utility>

namespace uvinetd {
namespace {

constexpr std::size_t kReportsPerPacket = 256;

}  // namespace

void ReportQueue::push(Report report, bool is_prompt, std::chrono::nanoseconds now) {
  reports_.push_back(std::move(report));
  due_ = std::min(due_, is_prompt ? now : now + kDelay);
}

void ReportQueue::flush(Channel& reactor, LedgerWriter* ledger) {
  due_ = kNever;
  if (!reactor.is_open()) return;
  (void)reactor.flush();
  std::size_t sent = 0;
  while (sent < reports_.size()) {
    const auto first = reports_.begin() + static_cast<std::ptrdiff_t>(sent);
    const auto count = std::min(reports_.size() - sent, kReportsPerPacket);
    Reports packet;
    packet.list.assign(first, first + static_cast<std::ptrdiff_t>(count));
    if (!reactor.send(static_cast<std::uint16_t>(MessageType::Reports), print(packet))) break;
    sent += count;
  }
  reports_.erase(reports_.begin(), reports_.begin() + static_cast<std::ptrdiff_t>(sent));
  if (reactor.has_backlog() || !reports_.empty()) return;
  for (const auto slot : ended_slots_) ledger->free(slot);
  ended_slots_.clear();
}

}  // namespace uvinetd
