// SPDX-License-Identifier: ISC
#include "core/reactor/metrics/counters.h"

namespace uvinetd {

void WordCounts::add(std::string_view word, std::uint64_t count) {
  for (auto& [known, total] : list_) {
    if (known != word) continue;
    total += count;
    return;
  }
  if (list_.size() + 1 >= kMost && word != "other") return add("other", count);
  list_.emplace_back(word, count);
}

std::uint64_t WordCounts::total() const {
  std::uint64_t out = 0;
  for (const auto& [word, count] : list_) out += count;
  return out;
}

const Counters& ServiceCounters::none() {
  static const Counters kNone;
  return kNone;
}

}  // namespace uvinetd
