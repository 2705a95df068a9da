// SPDX-License-Identifier: ISC
#include "spawn/access/access_list.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace uvinetd {
namespace {

template <typename T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

void put_ids(Writer& out, std::vector<std::uint32_t>& ids) {
  sort_unique(ids);
  out.put(static_cast<std::uint32_t>(ids.size()));
  for (const auto id : ids) out.put(id);
}

std::vector<std::uint32_t> get_ids(Reader& in) {
  std::vector<std::uint32_t> out;
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.is_good(); ++i) out.push_back(in.get<std::uint32_t>());
  return out;
}

std::vector<std::string_view> get_names(Reader& in) {
  std::vector<std::string_view> out;
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.is_good(); ++i) out.push_back(in.get_text());
  return out;
}

template <typename T, typename U>
bool has(const std::vector<T>& list, const U& value) {
  return std::binary_search(list.begin(), list.end(), value);
}

Rank network_rank(const std::optional<unsigned>& bits) {
  if (!bits) return kNoRule;
  return *bits == 0 ? kEverybodyRank : kNetworkRank + *bits;
}

}  // namespace

AccessClient AccessClient::of(const SocketAddress& peer) {
  AccessClient out;
  if (peer.family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, peer.data(), sizeof v4);
    std::memcpy(out.octets.data(), &v4.sin_addr, sizeof v4.sin_addr);
    out.kind = Kind::V4;
  } else if (peer.family() == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, peer.data(), sizeof v6);
    const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr);
    std::memcpy(out.octets.data(), is_mapped ? bytes + 12 : bytes, is_mapped ? 4 : 16);
    out.kind = is_mapped ? Kind::V4 : Kind::V6;
  } else if (peer.family() == AF_UNIX) {
    out.kind = Kind::Unix;
  }
  return out;
}

std::string AccessList::print(AccessRules rules) {
  sort_unique(rules.hosts);
  sort_unique(rules.domains);
  Writer out;
  out.put(rules.is_broken);
  PrefixTable::put(out, PrefixTable::kV4, rules.v4);
  PrefixTable::put(out, PrefixTable::kV6, rules.v6);
  put_ids(out, rules.users);
  put_ids(out, rules.groups);
  put_ids(out, rules.interfaces);
  out.put_strings(rules.hosts);
  out.put_strings(rules.domains);
  return out.take();
}

std::optional<AccessList> AccessList::view(std::string_view bytes) {
  Reader in(bytes);
  AccessList out;
  out.is_broken_ = in.get<bool>();
  const auto v4 = PrefixTable::get(in);
  const auto v6 = PrefixTable::get(in);
  if (!v4 || !v6 || v4->width() != PrefixTable::kV4 || v6->width() != PrefixTable::kV6) return {};
  out.v4_ = *v4;
  out.v6_ = *v6;
  out.users_ = get_ids(in);
  out.groups_ = get_ids(in);
  out.interfaces_ = get_ids(in);
  out.hosts_ = get_names(in);
  out.domains_ = get_names(in);
  return in.is_at_end() ? std::optional(std::move(out)) : std::nullopt;
}

Rank AccessList::rank(const AccessClient& client) const {
  Rank out = kNoRule;
  switch (client.kind) {
    case AccessClient::Kind::V4:
      out = network_rank(v4_.longest(client.octets.data()));
      break;
    case AccessClient::Kind::V6:
      out = network_rank(v6_.longest(client.octets.data()));
      break;
    case AccessClient::Kind::Unix:
      if (client.user && has(users_, *client.user)) return kUserRank;
      for (const auto group : client.groups) {
        if (has(groups_, group)) return kGroupRank;
      }
      return kNoRule;
    case AccessClient::Kind::Other:
      return kNoRule;
  }
  const bool is_interface = client.interface != 0 && has(interfaces_, client.interface);
  return is_interface ? std::max(out, kInterfaceRank) : out;
}

// A domain is the end of a name, behind a dot; the domain itself is no name in it.
Rank AccessList::rank_of_name(std::string_view name) const {
  if (has(hosts_, name)) return kHostRank;
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    name.remove_prefix(dot + 1);
    if (has(domains_, name))
      return kDomainRank + static_cast<Rank>(std::min<std::size_t>(name.size(), 255));
  }
  return kNoRule;
}

}  // namespace uvinetd
