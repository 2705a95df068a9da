// SPDX-License-Identifier: ISC
#include "core/config/socket_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/config/quote.h"

namespace uvinetd {
namespace {

struct Claim {
  std::size_t service;
  bool is_optional;
};

// A dual socket takes the place of both families.
std::vector<std::string> keys_of(const ListenSpec& listen) {
  if (!is_ip(listen.kind)) return {"unix " + listen.path};
  const auto key = [&](char family) {
    return fmt::format("{} {} {} {}", kind_name(listen.kind), family, listen.port, listen.host);
  };
  switch (listen.family) {
    case IpFamily::V4:
      return {key('4')};
    case IpFamily::V6:
      return {key('6')};
    case IpFamily::Dual:
      return {key('4'), key('6')};
  }
  return {};
}

std::string describe(const ListenSpec& listen) {
  if (!is_ip(listen.kind)) return "the socket " + quoted(listen.path);
  const auto where = listen.host.empty() ? "" : " of " + listen.host;
  return fmt::format("{} port {}{}", kind_name(listen.kind), listen.port, where);
}

class SocketIndex {
 public:
  SocketIndex(std::span<ServiceSpec* const> services, Diagnostics& diagnostics)
      : services_(services), diagnostics_(diagnostics) {}

  bool claim(std::size_t service) {
    auto& spec = *services_[service];
    std::erase_if(spec.listen, [&](const ListenSpec& listen) {
      return listen.is_optional && is_taken_half(service, listen);
    });
    if (spec.listen.empty()) return false;
    for (const auto& listen : spec.listen) {
      if (is_refused(service, listen)) return false;
    }
    for (const auto& listen : spec.listen) take(service, listen);
    const auto id = spec.id;
    for (int copy = 2; !ids_.insert(spec.id).second; ++copy) {
      spec.id = id + '#' + std::to_string(copy);
    }
    return true;
  }

 private:
  void say(Severity severity, const ServiceSpec& spec, std::string message) {
    diagnostics_.push_back({severity, spec.at, std::move(message), "", "duplicate"});
  }
  std::string place_of(std::size_t service) {
    auto at = services_[service]->at;
    at.column = 0;
    return at.text();
  }

  bool is_taken_half(std::size_t service, const ListenSpec& listen) {
    const auto found = claims_.find(keys_of(listen).front());
    if (found == claims_.end() || found->second.is_optional) return false;
    if (found->second.service != service) {
      say(Severity::Warning, *services_[service],
          describe(listen) + " for IPv6 is left to " + place_of(found->second.service));
    }
    return true;
  }

  bool is_refused(std::size_t service, const ListenSpec& listen) {
    for (const auto& key : keys_of(listen)) {
      const auto found = claims_.find(key);
      if (found == claims_.end() || found->second.service == service) continue;
      if (found->second.is_optional && !listen.is_optional) continue;
      say(Severity::Error, *services_[service],
          describe(listen) + " is already used by " + place_of(found->second.service));
      return true;
    }
    return false;
  }

  void take(std::size_t service, const ListenSpec& listen) {
    for (const auto& key : keys_of(listen)) {
      const auto [found, is_new] = claims_.try_emplace(key, Claim{service, listen.is_optional});
      if (is_new || found->second.service == service) continue;
      auto& loser = *services_[found->second.service];
      say(Severity::Warning, loser, describe(listen) + " for IPv6 is left to " + place_of(service));
      std::erase_if(loser.listen, [&](const ListenSpec& half) {
        return half.is_optional && keys_of(half).front() == key;
      });
      found->second = Claim{service, listen.is_optional};
    }
  }

  std::span<ServiceSpec* const> services_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string, Claim> claims_;
  std::unordered_set<std::string> ids_;
};

}  // namespace

std::vector<bool> claim_sockets(std::span<ServiceSpec* const> services, Diagnostics& diagnostics) {
  SocketIndex index(services, diagnostics);
  std::vector<bool> keeps(services.size());
  for (std::size_t i = 0; i < services.size(); ++i) keeps[i] = index.claim(i);
  return keeps;
}

}  // namespace uvinetd
