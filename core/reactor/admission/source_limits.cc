// SPDX-License-Identifier: ISC
#include "core/reactor/admission/source_limits.h"

#include <algorithm>
#include <bit>
#include <random>

namespace uvinetd {
namespace {

// SipHash-1-3 of a few words: nobody who does not know the seed can make sources fall together.
class SipHash {
 public:
  explicit SipHash(const std::array<std::uint64_t, 2>& seed)
      : a_(seed[0] ^ 0x736f6d6570736575U),
        b_(seed[1] ^ 0x646f72616e646f6dU),
        c_(seed[0] ^ 0x6c7967656e657261U),
        d_(seed[1] ^ 0x7465646279746573U) {}

  void add(std::uint64_t word) {
    d_ ^= word;
    round();
    a_ ^= word;
  }
  std::uint64_t finish() {
    c_ ^= 0xff;
    for (int i = 0; i < 3; ++i) round();
    return a_ ^ b_ ^ c_ ^ d_;
  }

 private:
  void round() {
    a_ += b_;
    c_ += d_;
    b_ = std::rotl(b_, 13) ^ a_;
    d_ = std::rotl(d_, 16) ^ c_;
    a_ = std::rotl(a_, 32);
    c_ += b_;
    a_ += d_;
    b_ = std::rotl(b_, 17) ^ c_;
    d_ = std::rotl(d_, 21) ^ a_;
    c_ = std::rotl(c_, 32);
  }

  std::uint64_t a_, b_, c_, d_;
};

std::uint64_t random_word(std::random_device& device) {
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

}  // namespace

SourceLimits::SourceLimits(std::uint32_t most)
    : most_(std::max(most, 1U)), chains_(std::bit_ceil(most_)) {
  std::random_device device;  // asked now: the reactor's box may not let it be asked later
  seed_ = {random_word(device), random_word(device)};
}

std::uint32_t SourceLimits::chain_of(const Key& key) const {
  SipHash hash(seed_);
  hash.add(key.source.high);
  hash.add(key.source.low);
  hash.add(static_cast<std::uint64_t>(key.source.bits) << 32 | key.service);
  return static_cast<std::uint32_t>(hash.finish()) & (chains_ - 1);
}

SourceLimits::Index SourceLimits::find(const Key& key) const {
  if (entries_.empty()) return kNone;
  auto index = heads_[chain_of(key)];
  while (index != kNone && entries_[index].key != key) index = entries_[index].next;
  return index;
}

SourceLimits::Index SourceLimits::find_or_make(const Key& key) {
  if (const auto index = find(key); index != kNone) return index;
  const auto index = take_place();
  if (index == kNone) return kNone;
  auto& head = heads_[chain_of(key)];
  auto& entry = entries_[index];
  entry = Entry();
  entry.key = key;
  entry.next = head;
  head = index;
  begin_unused(index);
  return index;
}

// Room that no entry has needed yet costs addresses, not memory.
SourceLimits::Index SourceLimits::take_place() {
  if (entries_.empty()) {
    entries_.reserve(most_);
    heads_.assign(chains_, kNone);
  }
  if (entries_.size() < most_) {
    entries_.emplace_back();
    return static_cast<Index>(entries_.size() - 1);
  }
  const auto index = oldest_;
  if (index != kNone) forget(index);
  return index;
}

void SourceLimits::forget(Index index) {
  end_unused(index);
  auto* place = &heads_[chain_of(entries_[index].key)];
  while (*place != index) place = &entries_[*place].next;
  *place = entries_[index].next;
}

void SourceLimits::begin_unused(Index index) {
  auto& entry = entries_[index];
  entry.newer = kNone;
  entry.older = newest_;
  if (newest_ != kNone) entries_[newest_].newer = index;
  newest_ = index;
  if (oldest_ == kNone) oldest_ = index;
}

void SourceLimits::end_unused(Index index) {
  auto& entry = entries_[index];
  (entry.newer == kNone ? newest_ : entries_[entry.newer].older) = entry.older;
  (entry.older == kNone ? oldest_ : entries_[entry.older].newer) = entry.newer;
}

SourceLimits::Verdict SourceLimits::judge(Entry& entry, const SourceShare& share,
                                          std::chrono::milliseconds now) {
  if (share.instances != 0 && entry.instances >= share.instances) return Verdict::TooManyInstances;
  const bool has_start =
      entry.minute.allows(share.starts_per_minute, now) && entry.bucket.allows(share.rate, now);
  return has_start ? Verdict::Allowed : Verdict::TooManyStarts;
}

void SourceLimits::count_instance(Index index) {
  if (entries_[index].instances++ == 0) end_unused(index);
}

SourceLimits::Verdict SourceLimits::admit(std::uint32_t service, const SocketAddress& peer,
                                          const SourceShare& share, std::chrono::milliseconds now,
                                          bool is_counted) {
  if (!peer.is_ip() || !share.is_limit()) return Verdict::Allowed;
  const auto index = find_or_make({source_of(peer, share.prefix_v6), service});
  if (index == kNone) return Verdict::TooManyStarts;
  auto& entry = entries_[index];
  if (entry.instances == 0) {  // it has been seen just now
    end_unused(index);
    begin_unused(index);
  }
  const auto verdict = judge(entry, share, now);
  if (verdict != Verdict::Allowed || !is_counted) return verdict;
  entry.minute.count(now);
  entry.bucket.take(share.rate, now);
  count_instance(index);
  return Verdict::Allowed;
}

void SourceLimits::adopt(std::uint32_t service, const SocketAddress& peer,
                         std::uint32_t prefix_v6) {
  if (!peer.is_ip()) return;
  const auto index = find_or_make({source_of(peer, prefix_v6), service});
  if (index != kNone) count_instance(index);
}

void SourceLimits::ended(std::uint32_t service, const SocketAddress& peer,
                         std::uint32_t prefix_v6) {
  if (!peer.is_ip()) return;
  const auto index = find({source_of(peer, prefix_v6), service});
  if (index == kNone || entries_[index].instances == 0) return;
  if (--entries_[index].instances == 0) begin_unused(index);
}

std::uint32_t SourceLimits::instances_of(std::uint32_t service, const SocketAddress& peer,
                                         std::uint32_t prefix_v6) const {
  const auto index = find({source_of(peer, prefix_v6), service});
  return index == kNone ? 0 : entries_[index].instances;
}

}  // namespace uvinetd
