// SPDX-License-Identifier: ISC
#include "core/config/load/relay_check.h"

#include <algorithm>
#include <utility>

#include "core/base/address.h"
#include "core/base/source.h"
#include "core/config/quote.h"

namespace uvinetd {
namespace {

RelayProblem problem(const char* slug, std::string message, std::string hint = {}) {
  return {slug, std::move(message), std::move(hint)};
}

// Each client has a connection that is ours until it is served: nothing else has a first byte.
bool has_connections(const ServiceSpec& spec) {
  if (spec.mode == Mode::Wait) return false;
  return spec.listen.empty() || spec.listen.front().kind == SocketKind::Tcp ||
         spec.listen.front().kind == SocketKind::UnixStream;
}

std::optional<RelayProblem> check_proxies(const ServiceSpec& spec) {
  const auto& more = *spec.more;
  if (!has_connections(spec)) {
    return problem("proxy", "proxy_protocol is for nowait stream services");
  }
  if (spec.listen.empty()) {
    return problem("proxy", "the header comes before the name that tcpmux is told",
                   "write proxy_protocol at the service tcpmux");
  }
  if (more.proxy_from.empty()) {
    return problem("proxy", "proxy_protocol without proxy_from: anybody could say who they are",
                   "list the proxies, as proxy_from = [\"10.0.0.5\"]");
  }
  if (more.proxy_from.size() > kMostProxies) {
    return problem("proxy",
                   "proxy_from has more than " + std::to_string(kMostProxies) + " networks");
  }
  for (const auto& text : more.proxy_from) {
    if (text == "unix" || parse_source(text)) continue;
    return problem("proxy", "proxy_from has addresses and networks, not " + quoted(text),
                   "as \"10.0.0.5\", \"2001:db8::/32\"; \"unix\" for Unix sockets");
  }
  return std::nullopt;
}

std::optional<RelayProblem> check_health(const ServiceSpec& spec) {
  if (!has_connections(spec)) {
    return problem("internal", "a health check is a nowait stream service");
  }
  if (spec.more->health_timeout == std::chrono::seconds(0)) {
    return problem("internal", "a command that has no time cannot end well",
                   "health_timeout is 1 or more");
  }
  return std::nullopt;
}

}  // namespace

std::optional<RelayProblem> check_relay(const ServiceSpec& spec) {
  const auto& more = *spec.more;
  if (is_health_check(spec)) {
    if (auto found = check_health(spec)) return found;
  }
  if (more.proxy_protocol) {
    if (auto found = check_proxies(spec)) return found;
  }
  if (!more.redirect) return std::nullopt;
  if (!has_connections(spec)) {
    return problem("redirect", "only nowait stream services are redirected");
  }
  if (!more.redirect_from.empty() && !SocketAddress::parse_ip(more.redirect_from, 0)) {
    return problem("redirect", "redirect_from is an address, not " + quoted(more.redirect_from),
                   "as \"10.0.0.5\", \"::1\"");
  }
  return std::nullopt;
}

void limit_health_check(ServiceSpec& spec) {
  auto& more = spec.more.edit();
  if (!more.health_cache) more.health_cache = kUsualHealthCache;
  if (!more.health_timeout) more.health_timeout = kUsualHealthTimeout;
  more.max_runtime =
      std::min(more.max_runtime.value_or(*more.health_timeout), *more.health_timeout);
}

std::optional<RelayProblem> settle_redirect(const std::vector<std::string>& addresses,
                                            ServiceSpec& spec) {
  const auto source = SocketAddress::parse_ip(spec.more->redirect_from, 0);
  auto& redirect = *spec.more.edit().redirect;
  redirect.addresses.clear();
  for (const auto& text : addresses) {
    const auto address = SocketAddress::parse_ip(text, redirect.port);
    if (!address || (source && source->family() != address->family())) continue;
    if (redirect.addresses.size() == kMostTargets) break;
    const bool is_new = std::find(redirect.addresses.begin(), redirect.addresses.end(), text) ==
                        redirect.addresses.end();
    if (is_new) redirect.addresses.push_back(text);
  }
  if (!redirect.addresses.empty()) return std::nullopt;
  return problem("redirect",
                 source ? quoted(redirect.host) + " has no address of the family of redirect_from"
                        : "there is no address " + quoted(redirect.host));
}

}  // namespace uvinetd
