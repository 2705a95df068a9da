// SPDX-License-Identifier: ISC
#include "core/config/socket_index.h"
#include "core/base/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/config/quote.h"

namespace uvinetd {
namespace {

struct Claim {
  std::size_t service;
  bool is_optional;
};

// A socket as a number: kind, family, port, and the number of its host or path.
using Key = std::uint64_t;

// The sockets that one listen takes: a dual one takes the place of both families.
struct Keys {
  std::array<Key, 2> list{};
  std::size_t count = 1;
  std::vector<Key> versions{};  // of an RPC program, in place of the list
  [[nodiscard]] const Key* begin() const {
    return versions.empty() ? list.data() : versions.data();
  }
  [[nodiscard]] const Key* end() const {
    return versions.empty() ? list.data() + count : versions.data() + versions.size();
  }
  [[nodiscard]] bool contains(Key key) const { return std::find(begin(), end(), key) != end(); }
};

// Numbers the hosts and paths: a file has few different hosts, mostly one after the other.
class Names {
 public:
  std::uint32_t number_of(const std::string& name) {
    if (last_ != nullptr && last_->first == name) return last_->second;
    const auto next = static_cast<std::uint32_t>(numbers_.size());
    last_ = &*numbers_.try_emplace(name, next).first;
    return last_->second;
  }

 private:
  std::unordered_map<std::string, std::uint32_t> numbers_;
  const std::pair<const std::string, std::uint32_t>* last_ = nullptr;
};

std::string describe(const ServiceSpec& spec, const ListenSpec& listen) {
  if (spec.more->rpc) {
    return "RPC program " + quoted(spec.more->rpc->name) + " over " + kind_name(listen.kind);
  }
  if (!is_ip(listen.kind)) return "the socket " + quoted(listen.path);
  const auto where = listen.host.empty() ? "" : " of " + listen.host;
  return fmt::format("{} port {}{}", kind_name(listen.kind), listen.port, where);
}

class SocketIndex {
 public:
  SocketIndex(std::span<ServiceSpec* const> services, Diagnostics& diagnostics)
      : services_(services), diagnostics_(diagnostics) {
    claims_.reserve(services.size());
    ids_.reserve(services.size());
  }

  bool claim(std::size_t service) {
    auto& spec = *services_[service];
    if (spec.listen.empty()) return !spec.more->tcpmux.empty() && claim_mux_name(service);
    std::erase_if(spec.listen, [&](const ListenSpec& listen) {
      return listen.is_optional && is_taken_half(service, listen);
    });
    if (spec.listen.empty()) return false;
    for (const auto& listen : spec.listen) {
      if (is_refused(service, listen)) return false;
    }
    for (const auto& listen : spec.listen) take(service, listen);
    make_id_unique(spec.id);
    return true;
  }

 private:
  // Reached through the TCP port multiplexer, where its name counts without regard to case.
  bool claim_mux_name(std::size_t service) {
    auto& spec = *services_[service];
    const auto [found, is_new] = mux_names_.try_emplace(lower(spec.more->tcpmux), service);
    if (is_new) {
      make_id_unique(spec.id);
    } else {
      say(Severity::Error, spec,
          "the tcpmux service " + quoted(spec.more->tcpmux) + " is already defined by " +
              place_of(found->second));
    }
    return is_new;
  }
  void make_id_unique(std::string& id) {
    if (ids_.insert(id).second) return;
    const auto written = id;
    for (int copy = 2; ids_.contains(id); ++copy) id = written + '#' + std::to_string(copy);
    ids_.insert(id);
  }
  Keys keys_of(const ServiceSpec& spec, const ListenSpec& listen) {
    if (spec.more->rpc) return keys_of(*spec.more->rpc, listen);
    const bool is_unix = !is_ip(listen.kind);
    const auto kind = is_unix ? SocketKind::UnixStream : listen.kind;  // a path is there once
    const auto name = names_.number_of(is_unix ? listen.path : listen.host);
    const auto key = [&](IpFamily family) {
      return (static_cast<Key>(name) << 32U) | (static_cast<Key>(listen.port) << 16U) |
             (static_cast<Key>(kind) << 8U) | static_cast<Key>(family);
    };
    if (is_unix) return {{key(IpFamily::V4)}, 1};
    if (listen.family == IpFamily::Dual) return {{key(IpFamily::V4), key(IpFamily::V6)}, 2};
    return {{key(listen.family)}, 1};
  }
  // Any port will do for an RPC program, but each of its versions has one place.
  Keys keys_of(const RpcProgram& program, const ListenSpec& listen) {
    Keys out;
    const auto last = std::min(program.high_version - program.low_version, kMostRpcVersions);
    for (std::uint32_t i = 0; i <= last; ++i) {
      const auto name =
          names_.number_of(fmt::format("rpc/{}/{}", program.name, program.low_version + i));
      const auto key = (static_cast<Key>(name) << 32U) | (static_cast<Key>(listen.kind) << 8U);
      if (listen.family != IpFamily::V6) out.versions.push_back(key);
      if (listen.family != IpFamily::V4) out.versions.push_back(key | 1U);
    }
    return out;
  }
  void say(Severity severity, const ServiceSpec& spec, std::string message) {
    diagnostics_.push_back({severity, spec.at, std::move(message), "", "duplicate"});
  }
  std::string place_of(std::size_t service) {
    auto at = services_[service]->at;
    at.column = 0;
    return at.text();
  }

  bool is_taken_half(std::size_t service, const ListenSpec& listen) {
    const auto& spec = *services_[service];
    const auto keys = keys_of(spec, listen);
    const auto found = claims_.find(*keys.begin());
    if (found == claims_.end() || found->second.is_optional) return false;
    if (found->second.service != service) {
      say(Severity::Warning, spec,
          describe(spec, listen) + " for IPv6 is left to " + place_of(found->second.service));
    }
    return true;
  }

  bool is_refused(std::size_t service, const ListenSpec& listen) {
    const auto& spec = *services_[service];
    for (const auto key : keys_of(spec, listen)) {
      const auto found = claims_.find(key);
      if (found == claims_.end() || found->second.service == service) continue;
      if (found->second.is_optional && !listen.is_optional) continue;
      say(Severity::Error, spec,
          describe(spec, listen) + " is already used by " + place_of(found->second.service));
      return true;
    }
    return false;
  }

  void take(std::size_t service, const ListenSpec& listen) {
    const auto& spec = *services_[service];
    for (const auto key : keys_of(spec, listen)) {
      const auto [found, is_new] = claims_.try_emplace(key, Claim{service, listen.is_optional});
      if (is_new || found->second.service == service) continue;
      auto& loser = *services_[found->second.service];
      const auto left = std::erase_if(loser.listen, [&](const ListenSpec& half) {
        return half.is_optional && keys_of(loser, half).contains(key);
      });
      if (left > 0) {
        say(Severity::Warning, loser,
            describe(spec, listen) + " for IPv6 is left to " + place_of(service));
      }
      found->second = Claim{service, listen.is_optional};
    }
  }

  std::span<ServiceSpec* const> services_;
  Diagnostics& diagnostics_;
  Names names_;
  std::unordered_map<Key, Claim> claims_;
  std::unordered_map<std::string, std::size_t> mux_names_;
  std::unordered_set<std::string_view> ids_;  // of the specs themselves: they stay where they are
};

}  // namespace

std::vector<bool> claim_sockets(std::span<ServiceSpec* const> services, Diagnostics& diagnostics) {
  SocketIndex index(services, diagnostics);
  std::vector<bool> keeps(services.size());
  for (std::size_t i = 0; i < services.size(); ++i) keeps[i] = index.claim(i);
  return keeps;
}

}  // namespace uvinetd
