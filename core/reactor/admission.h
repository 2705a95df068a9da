// SPDX-License-Identifier: ISC
// The limits that are checked before any process is spent. Pure but for the time passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "core/base/address.h"

namespace uvinetd {

// At most N starts in a fixed window of 60 s that begins with its first start (FreeBSD inetd(8) -R,
// `.N` and `:N` of inetd.conf). Exactly N.
class MinuteRate {
 public:
  // True when one more may start now. `most` 0 is no limit.
  [[nodiscard]] bool allows(std::uint32_t most, std::chrono::milliseconds now) const;
  void count(std::chrono::milliseconds now);
  // Until the window ends; meaningful after allows() said no.
  [[nodiscard]] std::chrono::milliseconds wait(std::chrono::milliseconds now) const;

 private:
  static constexpr std::chrono::milliseconds kWindow{60'000};
  std::chrono::milliseconds start_{-kWindow};
  std::uint32_t starts_ = 0;
};

// Per source and service: how many run and how many were started in the minute. A source is an IPv4
// address or an IPv6 /64. Bounded: past kMost entries the ones that count nothing any more are
// dropped, and a newcomer for whom there is no place is refused rather than forgotten.
class SourceLimits {
 public:
  static constexpr std::size_t kMost = 65'536;

  enum class Verdict : std::uint8_t { Allowed, TooManyInstances, TooManyStarts };
  // Checks and, when allowed, counts one start and one instance. Limits of 0 are none.
  Verdict admit(std::uint32_t service, const SocketAddress& peer, std::uint32_t most_instances,
                std::uint32_t most_starts, std::chrono::milliseconds now);
  // An instance that runs already (replay) or ended.
  void adopt(std::uint32_t service, const SocketAddress& peer);
  void ended(std::uint32_t service, const SocketAddress& peer);

 private:
  struct Key {
    std::uint64_t source = 0;
    std::uint32_t service = 0;
    std::uint32_t family = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  struct Use {
    std::uint32_t instances = 0;
    MinuteRate rate;
  };
  static Key key_of(std::uint32_t service, const SocketAddress& peer);
  void drop_unused(std::chrono::milliseconds now);

  std::unordered_map<Key, Use, Hash> uses_;
  std::chrono::milliseconds last_sweep_{-1000};  // a sweep is O(kMost): at most one a second
};

}  // namespace uvinetd
