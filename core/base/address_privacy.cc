// SPDX-License-Identifier: ISC
#include "core/base/address_privacy.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>

#include "core/base/address.h"

namespace uvinetd {
namespace {

constexpr std::size_t kKeptOfV6 = 6;  // bytes: /48

std::string network_of(const SocketAddress& address) {
  if (address.host().find(':') == std::string::npos) {  // v4-mapped ones too
    const auto host = address.host();
    return host.substr(0, host.rfind('.')) + ".0/24";
  }
  auto bytes = reinterpret_cast<const sockaddr_in6*>(address.data())->sin6_addr;
  std::fill(bytes.s6_addr + kKeptOfV6, bytes.s6_addr + sizeof bytes.s6_addr, 0);
  sockaddr_in6 network{};
  network.sin6_family = AF_INET6;
  network.sin6_addr = bytes;
  return SocketAddress(reinterpret_cast<const sockaddr*>(&network), sizeof network).host() + "/48";
}

}  // namespace

std::string_view host_of(std::string_view from) {
  if (from.starts_with('[')) {
    const auto end = from.find("]:");
    return end == std::string_view::npos ? from : from.substr(1, end - 1);
  }
  const auto colon = from.find(':');
  const bool is_v4 = colon != std::string_view::npos && colon > 0 &&
                     from.find_first_not_of("0123456789.") == colon &&
                     from.find(':', colon + 1) == std::string_view::npos;
  return is_v4 ? from.substr(0, colon) : from;
}

std::string private_address(std::string_view from, AddressPrivacy how, const SipKey& key) {
  if (how == AddressPrivacy::Full) return std::string(from);
  const auto host = host_of(from);
  // An interface is no part of it, and may be gone.
  const auto address = SocketAddress::parse_ip(host.substr(0, host.find('%')), 0);
  if (!address) return std::string(from);
  if (how == AddressPrivacy::Truncate) return network_of(*address);
  return fmt::format("hash:{:016x}", siphash(key, address->host()));
}

}  // namespace uvinetd
