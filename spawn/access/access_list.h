// SPDX-License-Identifier: ISC
// A list of rules, of `allow`, of `deny` or of a file of them, made for being asked. Pure.
//
// Made by the monitor, which alone reads files, and read where it lies by the reactor: a new
// reactor has nothing to make again, and services with the same rules share one list.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/address.h"
#include "spawn/access/prefix_table.h"

namespace uvinetd {

// What a list is made of. Everything is a number but the names, which are in lower case.
struct AccessRules {
  std::vector<NetworkPrefix> v4{};
  std::vector<NetworkPrefix> v6{};
  std::vector<std::uint32_t> users{};  // ids
  std::vector<std::uint32_t> groups{};
  std::vector<std::uint32_t> interfaces{};  // if_nametoindex(3)
  std::vector<std::string> hosts{};
  std::vector<std::string> domains{};  // without the dot that they begin with
  bool is_broken = false;              // its rules are not to be had: whoever is asked of is denied
};

// A client as far as rules know it.
struct AccessClient {
  enum class Kind : std::uint8_t { Other, V4, V6, Unix };
  Kind kind = Kind::Other;
  std::array<std::uint8_t, 16> octets{};
  std::optional<std::uint32_t> user;  // Unix
  std::vector<std::uint32_t> groups;
  std::uint32_t interface = 0;      // that it came in through; 0: not known
  std::optional<std::string> name;  // confirmed, in lower case; "": it has none. Unset: not asked

  // Kind and octets of an address; one of IPv4 that is mapped into IPv6 is one of IPv4.
  static AccessClient of(const SocketAddress& peer);
};

// How closely a rule describes a client: of two, the one with the higher rank decides. Networks of
// 0 bits come after names: they are said of everybody.
using Rank = std::uint32_t;
inline constexpr Rank kNoRule = 0;
inline constexpr Rank kEverybodyRank = 1;
inline constexpr Rank kDomainRank = 0x1000;  // and the length of the domain
inline constexpr Rank kHostRank = 0x2000;
inline constexpr Rank kInterfaceRank = 0x3000;
inline constexpr Rank kNetworkRank = 0x4000;  // and its bits
inline constexpr Rank kGroupRank = 0x5000;
inline constexpr Rank kUserRank = 0x6000;

class AccessList {
 public:
  [[nodiscard]] static std::string print(AccessRules rules);
  // Borrows. nullopt: malformed.
  static std::optional<AccessList> view(std::string_view bytes);

  // Of the closest rule but those of names.
  [[nodiscard]] Rank rank(const AccessClient& client) const;
  [[nodiscard]] bool has_names() const { return !hosts_.empty() || !domains_.empty(); }
  // Of the closest rule of names. `name` is in lower case.
  [[nodiscard]] Rank rank_of_name(std::string_view name) const;
  [[nodiscard]] bool has_interfaces() const { return !interfaces_.empty(); }
  [[nodiscard]] bool has_groups() const { return !groups_.empty(); }
  [[nodiscard]] bool is_broken() const { return is_broken_; }

 private:
  PrefixTable v4_;
  PrefixTable v6_;
  std::vector<std::uint32_t> users_;
  std::vector<std::uint32_t> groups_;
  std::vector<std::uint32_t> interfaces_;
  std::vector<std::string_view> hosts_;  // sorted, as the others are
  std::vector<std::string_view> domains_;
  bool is_broken_ = false;
};

}  // namespace uvinetd
