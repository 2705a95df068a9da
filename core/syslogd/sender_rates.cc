// SPDX-License-Identifier: ISC
#include "core/syslogd/sender_rates.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>
#include <utility>

namespace uvinetd {

SenderRates::SenderRates(const SipKey& key, std::uint32_t most)
    : key_(key), most_(std::max(most, 1U)) {}

SenderRates::Index& SenderRates::chain_of(const SyslogSender& sender) {
  const std::array<std::uint64_t, 3> words{sender.source.high, sender.source.low,
                                           std::uint64_t{sender.source.bits} << 32 | sender.uid};
  const std::string_view octets(reinterpret_cast<const char*>(words.data()), sizeof(words));
  return heads_[siphash(key_, octets) & (heads_.size() - 1)];
}

SenderRates::Index SenderRates::find_or_make(const SyslogSender& sender) {
  if (heads_.empty()) {
    entries_.reserve(most_);
    heads_.assign(std::bit_ceil(most_), kNone);
  }
  auto index = chain_of(sender);
  while (index != kNone && !(entries_[index].sender == sender)) index = entries_[index].next;
  if (index != kNone) return index;
  index = take_place();
  auto& head = chain_of(sender);
  entries_[index] = Entry();
  entries_[index].sender = sender;
  entries_[index].next = std::exchange(head, index);
  add(heard_, &Entry::heard, index);
  return index;
}

SenderRates::Index SenderRates::take_place() {
  if (entries_.size() < most_) {
    entries_.emplace_back();
    return static_cast<Index>(entries_.size() - 1);
  }
  const auto index = heard_.oldest;
  forget(index);
  return index;
}

void SenderRates::forget(Index index) {
  remove(heard_, &Entry::heard, index);
  if (entries_[index].refused != 0) remove(waiting_, &Entry::waiting, index);
  auto* place = &chain_of(entries_[index].sender);
  while (*place != index) place = &entries_[*place].next;
  *place = entries_[index].next;
}

void SenderRates::add(List& list, Links Entry::*links, Index index) {
  entries_[index].*links = {kNone, list.newest};
  if (list.newest != kNone) (entries_[list.newest].*links).newer = index;
  list.newest = index;
  if (list.oldest == kNone) list.oldest = index;
}

void SenderRates::remove(List& list, Links Entry::*links, Index index) {
  const auto at = entries_[index].*links;
  (at.newer == kNone ? list.newest : (entries_[at.newer].*links).older) = at.older;
  (at.older == kNone ? list.oldest : (entries_[at.older].*links).newer) = at.newer;
}

void SenderRates::count_refused(Index index, Time now) {
  auto& entry = entries_[index];
  if (entry.refused++ != 0) return;
  entry.tell_at = now + kTellAfter;
  add(waiting_, &Entry::waiting, index);
}

bool SenderRates::allows(const SyslogSender& sender, const StartRate& rate, Time now) {
  if (!rate.is_limit()) return true;
  const auto index = find_or_make(sender);
  if (index != heard_.newest) {
    remove(heard_, &Entry::heard, index);
    add(heard_, &Entry::heard, index);
  }
  auto& bucket = entries_[index].bucket;
  if (!bucket.allows(rate, now)) {
    count_refused(index, now);
    return false;
  }
  bucket.take(rate, now);
  return true;
}

std::optional<SenderRates::Refused> SenderRates::take_refused(Time now) {
  const auto when = due();
  if (!when || now < *when) return std::nullopt;
  const auto index = waiting_.oldest;
  remove(waiting_, &Entry::waiting, index);
  return Refused{entries_[index].sender, std::exchange(entries_[index].refused, 0)};
}

std::optional<SenderRates::Time> SenderRates::due() const {
  if (waiting_.oldest == kNone) return std::nullopt;
  return entries_[waiting_.oldest].tell_at;
}

}  // namespace uvinetd
