// SPDX-License-Identifier: ISC
#include "core/reactor/admission/proxies.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace uvinetd {
namespace {

using Octets = std::array<std::uint8_t, 16>;

Octets octets_of(const SocketAddress& address) {
  Octets out{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (address.family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address.data(), sizeof v4);
    std::memcpy(out.data() + 12, &v4.sin_addr, sizeof v4.sin_addr);
  } else {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address.data(), sizeof v6);
    std::memcpy(out.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  }
  return out;
}

bool contains(const ProxyNetwork& network, const Octets& octets) {
  const std::size_t whole = network.bits / 8;
  if (std::memcmp(network.octets.data(), octets.data(), whole) != 0) return false;
  const unsigned rest = network.bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xffU << (8 - rest);
  return ((network.octets[whole] ^ octets[whole]) & mask & 0xffU) == 0;
}

}  // namespace

bool is_trusted_proxy(const RelaySettings& settings, const SocketAddress& peer) {
  if (!peer.is_ip()) return settings.trusts_unix;
  const auto octets = octets_of(peer);
  return std::any_of(settings.proxies.begin(), settings.proxies.end(),
                     [&](const ProxyNetwork& network) { return contains(network, octets); });
}

}  // namespace uvinetd
