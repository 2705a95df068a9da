// SPDX-License-Identifier: ISC
// How much one source may have of a service. Pure but for the time passed in and a random seed.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "core/base/address.h"
#include "core/base/source.h"
#include "core/base/token_bucket.h"
#include "core/reactor/admission/minute_rate.h"
#include "spawn/settings/limits.h"

namespace uvinetd {

// What a service allows each source. 0: no limit.
struct SourceShare {
  std::uint32_t instances = 0;
  std::uint32_t starts_per_minute = 0;
  StartRate rate;
  std::uint32_t prefix_v6 = kUsualPrefixV6;  // how much of an IPv6 address is one source

  [[nodiscard]] bool is_limit() const {
    return instances != 0 || starts_per_minute != 0 || rate.is_limit();
  }
};

// Per source and service: how many run and how often they were started. All memory is taken once,
// when the first source is counted. When it is full, the source that was seen least recently and of
// which nothing runs is forgotten; one of which something runs never is, so that this stays exact.
// A newcomer for whom there is no place, because of every source something runs, is refused.
class SourceLimits {
 public:
  static constexpr std::uint32_t kMost = 65'536;

  explicit SourceLimits(std::uint32_t most = kMost);

  enum class Verdict : std::uint8_t { Allowed, TooManyInstances, TooManyStarts };
  // Checks; when allowed and `is_counted`, counts one start and one instance.
  Verdict admit(std::uint32_t service, const SocketAddress& peer, const SourceShare& share,
                std::chrono::milliseconds now, bool is_counted = true);
  // An instance that runs already (replay) or ended. `prefix_v6` is that of its admission.
  void adopt(std::uint32_t service, const SocketAddress& peer, std::uint32_t prefix_v6);
  void ended(std::uint32_t service, const SocketAddress& peer, std::uint32_t prefix_v6);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::uint32_t instances_of(std::uint32_t service, const SocketAddress& peer,
                                           std::uint32_t prefix_v6) const;

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = 0xffffffff;

  struct Key {
    Source source;
    std::uint32_t service = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Entry {
    Key key;
    std::uint32_t instances = 0;
    Index next = kNone;  // of the same chain
    // Entries of which nothing runs, by when they were seen last.
    Index newer = kNone;
    Index older = kNone;
    MinuteRate minute;
    TokenBucket bucket;
  };

  [[nodiscard]] std::uint32_t chain_of(const Key& key) const;
  [[nodiscard]] Index find(const Key& key) const;
  Index find_or_make(const Key& key);
  Index take_place();
  void forget(Index index);
  void begin_unused(Index index);
  void end_unused(Index index);
  Verdict judge(Entry& entry, const SourceShare& share, std::chrono::milliseconds now);
  void count_instance(Index index);

  std::uint32_t most_;
  std::uint32_t chains_;  // a power of two
  std::array<std::uint64_t, 2> seed_;
  std::vector<Entry> entries_;  // never more than most_, for which there is room from the first on
  std::vector<Index> heads_;
  Index newest_ = kNone;
  Index oldest_ = kNone;
};

}  // namespace uvinetd
