// SPDX-License-Identifier: ISC
#include "core/base/source.h"

#include <algorithm>
#include <cstring>

namespace uvinetd {
namespace {

constexpr std::uint64_t kV4Mark = 0xffff'0000'0000U;

std::uint64_t big_endian(const unsigned char* bytes) {
  std::uint64_t out = 0;
  for (int i = 0; i < 8; ++i) out = out << 8 | bytes[i];
  return out;
}

std::uint64_t first_bits(std::uint64_t word, std::uint32_t bits) {
  return bits == 0 ? 0 : word & (~std::uint64_t{0} << (64 - std::min(bits, 64U)));
}

bool is_v4(const Source& source) {
  return source.high == 0 && source.low >> 32 == kV4Mark >> 32;
}

}  // namespace

Source prefix_of(Source source, std::uint32_t bits) {
  source.bits = std::min(bits, source.bits);
  source.high = first_bits(source.high, source.bits);
  source.low = source.bits > 64 ? first_bits(source.low, source.bits - 64) : 0;
  return source;
}

Source source_of(const SocketAddress& peer) {
  Source out;
  if (peer.family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, peer.data(), std::min<std::size_t>(peer.size(), sizeof v4));
    out.low = kV4Mark | ntohl(v4.sin_addr.s_addr);
    out.bits = 128;
  } else if (peer.family() == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, peer.data(), std::min<std::size_t>(peer.size(), sizeof v6));
    out.high = big_endian(v6.sin6_addr.s6_addr);
    out.low = big_endian(v6.sin6_addr.s6_addr + 8);
    out.bits = 128;
  }
  return out;
}

Source source_of(const SocketAddress& peer, std::uint32_t prefix_v6) {
  const auto whole = source_of(peer);
  return is_v4(whole) ? whole : prefix_of(whole, prefix_v6);
}

}  // namespace uvinetd
