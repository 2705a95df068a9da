// SPDX-License-Identifier: ISC
// One rule of `allow`, `deny`, only_from, no_access or a file of them: whom it is about. Pure.
//
//     10.0.0.0/8  2001:db8::/32  192.0.2.1      an address or a network
//     interface:eth0                            who comes in through it
//     user:alice  group:staff  user:1000        the other end of a Unix socket
//     host.example.org  .example.org            by the confirmed name of the address
//     file:/etc/uvinetd/friends                 a file with rules, one a line
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace uvinetd {

// The first `bits` bits of an address; those after them are 0. A network of v4-mapped addresses
// (::ffff:a.b.c.d) is one of IPv4.
struct AddressPrefix {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> octets{};  // in network order; of IPv4, the first four
  std::uint8_t bits = 0;                  // 32 or 128 at most

  [[nodiscard]] std::string text() const;  // "10.0.0.0/8"; an address without its bits
  friend bool operator==(const AddressPrefix&, const AddressPrefix&) = default;
};

struct AccessRule {
  enum class Kind : std::uint8_t { Address, Interface, User, Group, Host, Domain, File };
  Kind kind = Kind::Address;
  AddressPrefix network;        // Address
  std::string name;             // the others: in lower case where case does not matter
  bool has_stray_bits = false;  // of Address: bits were set behind the prefix; they do not count

  friend bool operator==(const AccessRule&, const AccessRule&) = default;
};

// Whether this system tells through which interface a connection has come. A local address would
// not do: hosts answer on every interface for all of their addresses.
#ifdef __linux__
#ifndef UVINETD_PORTABLE_BUILD
#define UVINETD_INTERFACE_RULES 1
#endif
#endif
#ifdef UVINETD_INTERFACE_RULES
inline constexpr bool kHasInterfaceRules = true;
#else
inline constexpr bool kHasInterfaceRules = false;
#endif

// The error's `op` is a sentence's end ("is no address, ..."), its `subject` a hint or "".
[[nodiscard]] Result<AccessRule> parse_access_rule(std::string_view text);

// The same rule, as it would be written; parse_access_rule() of it gives the rule again.
[[nodiscard]] std::string print_access_rule(const AccessRule& rule);

}  // namespace uvinetd
