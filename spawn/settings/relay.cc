// SPDX-License-Identifier: ISC
#include "spawn/settings/relay.h"

namespace uvinetd {
namespace {

// An internet address; unset where nothing is written.
SocketAddress get_address(Reader& in) {
  const auto bytes = in.get_text();
  const auto address = SocketAddress::ip_from_bytes(bytes);
  if (!bytes.empty() && !address) in.spoil();
  return address.value_or(SocketAddress());
}

Source get_network(Reader& in) {
  Source out;
  out.high = in.get<std::uint64_t>();
  out.low = in.get<std::uint64_t>();
  out.bits = in.get<std::uint32_t>();
  if (out.bits > 128) in.spoil();
  return out;
}

}  // namespace

void put(Writer& out, const RelaySettings& settings) {
  out.put(settings.expects_header);
  out.put(settings.trusts_unix);
  out.put(static_cast<std::uint32_t>(settings.proxies.size()));
  for (const auto& network : settings.proxies) {
    out.put(network.high);
    out.put(network.low);
    out.put(network.bits);
  }
  out.put(static_cast<std::uint32_t>(settings.targets.size()));
  for (const auto& target : settings.targets) out.put(target.bytes());
  out.put(settings.source.bytes());
  out.put(settings.announces);
  out.put(settings.idle_seconds);
  out.put(settings.health.form);
  out.put(settings.health.cache_seconds);
  out.put(settings.health.timeout_seconds);
}

void get(Reader& in, RelaySettings& out) {
  out.expects_header = in.get<bool>();
  out.trusts_unix = in.get<bool>();
  const auto proxies = in.get<std::uint32_t>();
  if (proxies > kMostProxies) return in.spoil();
  for (std::uint32_t i = 0; i < proxies && in.is_good(); ++i) {
    out.proxies.push_back(get_network(in));
  }
  const auto targets = in.get<std::uint32_t>();
  if (targets > kMostTargets) return in.spoil();
  for (std::uint32_t i = 0; i < targets && in.is_good(); ++i) {
    out.targets.push_back(get_address(in));
    if (!out.targets.back().is_ip()) in.spoil();
  }
  out.source = get_address(in);
  out.announces = in.get_enum(ProxyForm::V2);
  out.idle_seconds = in.get<std::uint32_t>();
  out.health.form = in.get_enum(HealthForm::Agent);
  out.health.cache_seconds = in.get<std::uint32_t>();
  out.health.timeout_seconds = in.get<std::uint32_t>();
}

}  // namespace uvinetd
