// SPDX-License-Identifier: ISC
#include "core/base/ban_list.h"

#include <algorithm>

namespace uvinetd {

std::optional<std::chrono::milliseconds> BanList::end_of(const Source& source) const {
  const auto found = until_.find(source);
  return found == until_.end() ? std::nullopt : std::optional(found->second);
}

bool BanList::add(const Ban& ban, std::chrono::milliseconds now) {
  drop_ended(now);
  if (ban.until <= now) return false;
  if (const auto there = until_.find(ban.source); there != until_.end()) {
    if (there->second >= ban.until) return false;
    erase(ban.source, there->second);
  } else if (until_.size() >= most_) {
    const auto [first_end, first] = *by_end_.begin();
    if (ban.until <= first_end) return false;
    erase(first, first_end);
  }
  until_.emplace(ban.source, ban.until);
  by_end_.emplace(ban.until, ban.source);
  ++lengths_[ban.source.bits];
  return true;
}

bool BanList::remove(const Source& source) {
  const auto there = until_.find(source);
  if (there == until_.end()) return false;
  erase(source, there->second);
  return true;
}

bool BanList::holds(const Source& address, std::chrono::milliseconds now) {
  if (is_empty()) return false;
  drop_ended(now);
  for (std::uint32_t bits = 0; bits <= address.bits; ++bits) {
    if (lengths_[bits] != 0 && until_.contains(prefix_of(address, bits))) return true;
  }
  return false;
}

std::vector<Ban> BanList::list() const {
  std::vector<Ban> out;
  out.reserve(until_.size());
  for (const auto& [source, until] : until_) out.push_back({source, until});
  return out;
}

// Those that ended are met once each.
void BanList::drop_ended(std::chrono::milliseconds now) {
  while (!by_end_.empty() && by_end_.begin()->first <= now) {
    const auto [until, source] = *by_end_.begin();
    erase(source, until);
  }
}

void BanList::erase(const Source& source, std::chrono::milliseconds until) {
  by_end_.erase({until, source});
  until_.erase(source);
  --lengths_[source.bits];
}

}  // namespace uvinetd
