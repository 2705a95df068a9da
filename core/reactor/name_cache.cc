// SPDX-License-Identifier: ISC
#include "core/reactor/name_cache.h"

#include <iterator>

namespace uvinetd {

std::optional<std::string> NameCache::find(const std::string& address,
                                           std::chrono::milliseconds now) const {
  const auto found = entries_.find(address);
  if (found == entries_.end() || found->second.until <= now) return std::nullopt;
  return found->second.name;
}

void NameCache::set(const std::string& address, const std::string& name,
                    std::chrono::milliseconds now) {
  const auto old = entries_.find(address);
  if (old != entries_.end()) {
    by_age_.erase(old->second.age);
    entries_.erase(old);
  } else if (entries_.size() >= kMost) {
    entries_.erase(by_age_.front());
    by_age_.pop_front();
  }
  by_age_.push_back(address);
  entries_[address] = {name, now + (name.empty() ? kUnnamed : kNamed), std::prev(by_age_.end())};
}

}  // namespace uvinetd
