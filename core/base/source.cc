// SPDX-License-Identifier: ISC
#include "core/base/source.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
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

std::optional<Source> parse_source(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = SocketAddress::parse_ip(text.substr(0, slash), 0);
  if (!address || text.find('%') != std::string_view::npos) return std::nullopt;
  const auto whole = source_of(*address);
  if (slash == std::string_view::npos) return whole;
  const auto digits = text.substr(slash + 1);
  std::uint32_t bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  const bool is_v4 = address->family() == AF_INET;
  if (error != std::errc() || end != digits.data() + digits.size() || bits > (is_v4 ? 32U : 128U)) {
    return std::nullopt;
  }
  auto prefix = prefix_of(whole, bits + (is_v4 ? Source::kV4Bits : 0));
  const bool is_clean = prefix.high == whole.high && prefix.low == whole.low;
  return is_clean ? std::optional(prefix) : std::nullopt;
}

std::string source_text(const Source& source) {
  in6_addr address{};
  for (std::size_t i = 0; i < 8; ++i) {
    const auto shift = 56 - 8 * i;
    address.s6_addr[i] = static_cast<std::uint8_t>(source.high >> shift);
    address.s6_addr[i + 8] = static_cast<std::uint8_t>(source.low >> shift);
  }
  const bool is_v4 = IN6_IS_ADDR_V4MAPPED(&address) && source.bits >= Source::kV4Bits;
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, &address, text, sizeof text);
  const auto host = is_v4 ? ipv4_text(address.s6_addr + 12) : std::string(text);
  const auto bits = is_v4 ? source.bits - Source::kV4Bits : source.bits;
  return bits == (is_v4 ? 32U : 128U) ? host : host + "/" + std::to_string(bits);
}

}  // namespace uvinetd
