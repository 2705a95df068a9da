// SPDX-License-Identifier: ISC
// Networks of one family, and for an address the longest of them that it is in. Pure.
//
// Flattened when it is made: the address space falls into ranges, each with the length of the
// longest network around it, so that a look-up is one search for the range's begin. The leading
// bits of the address (16 at most) lead to the few ranges among which is searched:
//
//     root[leading bits] ─▶ begin │ begin │ begin ...   sorted
//                           length│ length│ length      0: in no network; else bits + 1
//
// It is read where it lies, in memory that somebody else may have written: view() checks it once.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/codec.h"

namespace uvinetd {

// Of IPv4 the first four octets are used. What stands behind the first `bits` is 0.
struct NetworkPrefix {
  std::array<std::uint8_t, 16> octets{};
  std::uint8_t bits = 0;
};

class PrefixTable {
 public:
  static constexpr unsigned kV4 = 4;  // octets of an address
  static constexpr unsigned kV6 = 16;

  // The bytes of a table. Networks in any order, and any of them twice.
  static void put(Writer& out, unsigned width, const std::vector<NetworkPrefix>& networks);
  // Borrows. nullopt: malformed.
  static std::optional<PrefixTable> get(Reader& in);

  // Bits of the longest network that this address (of `width` octets) is in; nullopt: in none.
  [[nodiscard]] std::optional<unsigned> longest(const std::uint8_t* address) const;
  [[nodiscard]] unsigned width() const { return width_; }

 private:
  [[nodiscard]] std::uint32_t root(std::uint32_t index) const;
  [[nodiscard]] bool is_good() const;

  unsigned width_ = kV4;
  unsigned root_bits_ = 0;
  std::uint32_t count_ = 0;
  std::string_view root_;     // 2^root_bits + 1 of 32 bits: the range in force where these begin
  std::string_view begins_;   // count * width
  std::string_view lengths_;  // count
};

}  // namespace uvinetd
