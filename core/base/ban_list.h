// SPDX-License-Identifier: ISC
// Who is served by nobody for a while: addresses and prefixes, each until a time. Pure but for the
// time passed in.
//
// The monitor keeps one, which lasts; each reactor has one of its own, filled by the monitor at its
// start and whenever something is added or taken away.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/source.h"

namespace uvinetd {

struct Ban {
  Source source;
  std::chrono::milliseconds until{0};  // of the loops' clock

  friend bool operator==(const Ban&, const Ban&) = default;
};

class BanList {
 public:
  static constexpr std::size_t kMost = 10'000;
  static constexpr std::chrono::milliseconds kForEver = std::chrono::milliseconds::max();

  explicit BanList(std::size_t most = kMost) : most_(most) {}

  // A source that is there already is banned until the later of the two times. When the list is
  // full, the ban that ends first goes. False: it changes nothing (it has ended, or is that one).
  bool add(const Ban& ban, std::chrono::milliseconds now);
  // Exactly this address or prefix. False: it was not there.
  bool remove(const Source& source);
  // Until when exactly this address or prefix is banned; nullopt: it is not there.
  [[nodiscard]] std::optional<std::chrono::milliseconds> end_of(const Source& source) const;
  // Whether the address, or a prefix that it is in, is banned. O(prefix lengths in use · log n).
  [[nodiscard]] bool holds(const Source& address, std::chrono::milliseconds now);

  [[nodiscard]] bool is_empty() const { return until_.empty(); }
  [[nodiscard]] std::size_t size() const { return until_.size(); }
  [[nodiscard]] std::vector<Ban> list() const;  // sorted by source; some may have ended

 private:
  void drop_ended(std::chrono::milliseconds now);
  void erase(const Source& source, std::chrono::milliseconds until);

  std::size_t most_;
  std::map<Source, std::chrono::milliseconds> until_;
  std::set<std::pair<std::chrono::milliseconds, Source>> by_end_;
  std::array<std::uint32_t, 129> lengths_{};  // how many bans have so many bits
};

}  // namespace uvinetd
