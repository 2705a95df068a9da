// SPDX-License-Identifier: ISC
// A service as its block says it, before its parts are put together; and the keys of a block.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/config/service_field.h"
#include "core/config/service_spec.h"
#include "core/config/xinetd/text.h"

namespace uvinetd::xinetd {

enum class Key : std::uint8_t {
  AccessTimes,
  Banner,
  BannerFail,
  BannerSuccess,
  Bind,
  Cps,
  DenyTime,
  Disable,
  Disabled,
  Enabled,
  Env,
  Flags,
  Group,
  Groups,
  Id,
  Instances,
  Libwrap,
  LogOnFailure,
  LogOnSuccess,
  LogType,
  MaxLoad,
  Mdns,
  Nice,
  NoAccess,
  OnlyFrom,
  Park,
  ParkAge,
  ParkUses,
  Passenv,
  PerSource,
  Port,
  Protocol,
  Redirect,
  RlimitAs,
  RlimitCpu,
  RlimitData,
  RlimitFiles,
  RlimitRss,
  RlimitStack,
  RpcNumber,
  RpcVersion,
  Server,
  ServerArgs,
  SocketType,
  Spares,
  Start,
  Type,
  Umask,
  User,
  V6only,
  Wait,
};
inline constexpr std::size_t kKeys = static_cast<std::size_t>(Key::Wait) + 1;

// The words of a list that `+=` and `-=` change. Each is there once; each step is O(1).
class WordList {
 public:
  void clear();
  void add(std::string word);
  void remove(const std::string& word);
  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] bool contains(const std::string& word) const { return places_.contains(word); }
  [[nodiscard]] std::vector<std::string> words() const;  // in the order in which they were added

 private:
  std::vector<std::string> words_;  // "" where one was removed
  std::unordered_map<std::string, std::size_t> places_;
};

// The attributes that hold one.
enum class List : std::uint8_t {
  OnlyFrom,
  NoAccess,
  LogOnSuccess,
  LogOnFailure,
  Passenv,
  Env,
  Enabled,
  Disabled,
};
inline constexpr std::size_t kLists = static_cast<std::size_t>(List::Disabled) + 1;

enum class Type : std::uint8_t { Rpc, Internal, Unlisted, Tcpmux, TcpmuxPlus, Special };
enum class Flag : std::uint8_t {
  Reuse,
  Intercept,
  Noretry,
  Idonly,
  Nameinargs,
  Nodelay,
  Keepalive,
  Nolibwrap,
  Sensor,
  Ipv4,
  Ipv6,
  Labeled,
};

struct Draft {
  ServiceSpec spec;
  bool is_good = true;     // false: reported
  bool is_unsafe = false;  // of defaults: one that restricts cannot be read, no service may go on

  // The attributes of this block and, once they are inherited, those of defaults.
  std::array<const Attribute*, kKeys> given{};
  std::bitset<kKeys> is_bad;
  std::bitset<kKeys> is_inherited;
  std::array<WordList, kLists> lists;
  std::bitset<kLists> is_begun;  // the list has been begun by this block

  std::bitset<8> types;
  std::bitset<16> flags;
  std::string id;
  bool is_disabled = false;
  bool has_groups = false;  // groups = yes
  bool is_v6_only = false;
  std::optional<std::vector<BindAddress>> addresses;

  // The list that holds: this block's, else that of `defaults`; null where neither has a good one.
  [[nodiscard]] const WordList* holding(List which, Key key, const Draft& defaults) const {
    if (good(key) == nullptr) return nullptr;
    return is_own(key) ? &list(which) : &defaults.list(which);
  }
  [[nodiscard]] const Attribute* of(Key key) const { return given[static_cast<std::size_t>(key)]; }
  // Null also for one that could not be read.
  [[nodiscard]] const Attribute* good(Key key) const {
    return is_bad[static_cast<std::size_t>(key)] ? nullptr : of(key);
  }
  [[nodiscard]] bool is_own(Key key) const {
    return of(key) != nullptr && !is_inherited[static_cast<std::size_t>(key)];
  }
  [[nodiscard]] WordList& list(List which) { return lists[static_cast<std::size_t>(which)]; }
  [[nodiscard]] const WordList& list(List which) const {
    return lists[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] bool is(Type type) const { return types[static_cast<std::size_t>(type)]; }
  [[nodiscard]] bool has(Flag flag) const { return flags[static_cast<std::size_t>(flag)]; }
  [[nodiscard]] bool is_mux() const { return is(Type::Tcpmux) || is(Type::TcpmuxPlus); }
};

}  // namespace uvinetd::xinetd
