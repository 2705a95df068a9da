// SPDX-License-Identifier: ISC
#include "core/reactor/admission/source_limits.h"

#include <arpa/inet.h>

#include <cstring>
#include <functional>

namespace uvinetd {

std::size_t SourceLimits::Hash::operator()(const Key& key) const noexcept {
  const auto mixed = key.source ^ (static_cast<std::uint64_t>(key.service) << 32) ^ key.family;
  return std::hash<std::uint64_t>()(mixed * 0x9e3779b97f4a7c15U);
}

SourceLimits::Key SourceLimits::key_of(std::uint32_t service, const SocketAddress& peer) {
  Key key;
  key.service = service;
  key.family = AF_INET;
  if (peer.family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, peer.data(), sizeof v4);
    key.source = v4.sin_addr.s_addr;
  } else if (peer.family() == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, peer.data(), sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      std::uint32_t v4 = 0;
      std::memcpy(&v4, v6.sin6_addr.s6_addr + 12, sizeof v4);
      key.source = v4;
    } else {
      key.family = AF_INET6;
      std::memcpy(&key.source, v6.sin6_addr.s6_addr, sizeof key.source);
    }
  }
  return key;
}

SourceLimits::Verdict SourceLimits::admit(std::uint32_t service, const SocketAddress& peer,
                                          std::uint32_t most_instances, std::uint32_t most_starts,
                                          std::chrono::milliseconds now) {
  if (!peer.is_ip() || (most_instances == 0 && most_starts == 0)) return Verdict::Allowed;
  const auto key = key_of(service, peer);
  auto use = uses_.find(key);
  if (use == uses_.end()) {
    if (uses_.size() >= kMost) drop_unused(now);
    if (uses_.size() >= kMost) return Verdict::TooManyStarts;
    use = uses_.emplace(key, Use{}).first;
  }
  auto& [instances, rate] = use->second;
  if (most_instances != 0 && instances >= most_instances) return Verdict::TooManyInstances;
  if (!rate.allows(most_starts, now)) return Verdict::TooManyStarts;
  rate.count(now);
  ++instances;
  return Verdict::Allowed;
}

void SourceLimits::adopt(std::uint32_t service, const SocketAddress& peer) {
  if (peer.is_ip() && uses_.size() < kMost) ++uses_[key_of(service, peer)].instances;
}

void SourceLimits::ended(std::uint32_t service, const SocketAddress& peer) {
  if (!peer.is_ip()) return;
  const auto use = uses_.find(key_of(service, peer));
  if (use != uses_.end() && use->second.instances > 0) --use->second.instances;
}

void SourceLimits::drop_unused(std::chrono::milliseconds now) {
  if (now - last_sweep_ < std::chrono::seconds(1)) return;
  last_sweep_ = now;
  std::erase_if(uses_, [now](const auto& entry) {
    return entry.second.instances == 0 && entry.second.rate.wait(now).count() <= 0;
  });
}

}  // namespace uvinetd
