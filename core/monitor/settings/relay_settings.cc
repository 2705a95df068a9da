// SPDX-License-Identifier: ISC
#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>

#include "core/base/source.h"
#include "core/monitor/settings/settings.h"

namespace uvinetd {
namespace {

// What does not fit is for ever.
std::uint32_t seconds_of(const std::optional<std::chrono::seconds>& time) {
  const auto count = time.value_or(std::chrono::seconds(0)).count();
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(count, 0, std::numeric_limits<std::uint32_t>::max()));
}

void set_proxies(const ServiceOptions& more, RelaySettings& out) {
  out.expects_header = true;
  for (const auto& text : more.proxy_from) {
    if (const auto network = parse_source(text)) out.proxies.push_back(*network);
  }
  out.trusts_unix =
      std::find(more.proxy_from.begin(), more.proxy_from.end(), "unix") != more.proxy_from.end();
}

}  // namespace

RelaySettings relay_settings(const LoadedService& service, const CommandLine& /*options*/) {
  RelaySettings out;
  const auto& more = *service.spec.more;
  if (more.proxy_protocol) set_proxies(more, out);
  if (is_health_check(service.spec)) {
    out.health = {more.health_format, seconds_of(more.health_cache),
                  seconds_of(more.health_timeout)};
  }
  if (!more.redirect) return out;
  for (const auto& host : more.redirect->addresses) {
    const auto target = SocketAddress::parse_ip(host, more.redirect->port);
    if (target) out.targets.push_back(*target);
  }
  out.source = SocketAddress::parse_ip(more.redirect_from, 0).value_or(SocketAddress());
  out.announces = more.redirect_proxy;
  out.idle_seconds = seconds_of(more.idle_timeout);
  return out;
}

}  // namespace uvinetd
