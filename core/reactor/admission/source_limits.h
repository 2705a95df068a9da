// SPDX-License-Identifier: ISC
// How much one source may have of a service. Pure but for the time passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "core/base/address.h"
#include "core/reactor/admission/minute_rate.h"

namespace uvinetd {

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
