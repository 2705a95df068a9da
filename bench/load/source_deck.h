// SPDX-License-Identifier: ISC
// Where connections come from: the addresses of a network of this host, one after another.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/address.h"
#include "core/base/result.h"

namespace uvinetd::bench {

// Deals out every address of an IPv4 network, each once before any comes again, in an order that
// leaps through it and is the same in every run. On Linux all of 127.0.0.0/8 may be bound.
class SourceDeck {
 public:
  // "127.64.0.0/13", with 8 to 32 bits.
  // Errors   op says what is wrong with the text, subject is the text; code 0.
  static Result<SourceDeck> parse(std::string_view text);

  [[nodiscard]] SocketAddress next();  // with port 0

 private:
  SourceDeck(std::uint32_t first, std::uint32_t count) : first_(first), count_(count) {}

  std::uint32_t first_;  // in host byte order
  std::uint32_t count_;  // a power of two
  std::uint32_t at_ = 0;
};

}  // namespace uvinetd::bench
