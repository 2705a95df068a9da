// SPDX-License-Identifier: ISC
#include "bench/load/source_deck.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <string>

namespace uvinetd::bench {
namespace {

constexpr unsigned kLeastBits = 8;
constexpr unsigned kMostBits = 32;
constexpr std::uint32_t kLeap = 2'654'435'761U;  // odd: it meets every address of a power of two

}  // namespace

Result<SourceDeck> SourceDeck::parse(std::string_view text) {
  const auto wrong = [text] {
    return fail("not a network like 127.64.0.0/13 (8 to 32 bits):", std::string(text), 0);
  };
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return wrong();
  in_addr address{};
  unsigned bits = 0;
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + slash + 1, end, bits);
  if (inet_pton(AF_INET, std::string(text.substr(0, slash)).c_str(), &address) != 1 ||
      read.ec != std::errc() || read.ptr != end || bits < kLeastBits || bits > kMostBits)
    return wrong();
  const std::uint32_t count = 1U << (kMostBits - bits);
  const auto first = ntohl(address.s_addr);
  if (first % count != 0) return fail("has bits beyond the network:", std::string(text), 0);
  return SourceDeck(first, count);
}

SocketAddress SourceDeck::next() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(first_ + (at_ & (count_ - 1)));
  at_ += kLeap;
  return {reinterpret_cast<const sockaddr*>(&address), sizeof address};
}

}  // namespace uvinetd::bench
