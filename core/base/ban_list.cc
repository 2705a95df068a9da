// SPDX-License-Identifier: ISC
#include "core/base/ban_list.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace uvinetd {

bool BanList::add(const Ban& ban, std::chrono::milliseconds now) {
  drop_ended(now);
  if (ban.until <= now) return false;
  if (const auto there = until_.find(ban.source); there != until_.end()) {
    if (there->second >= ban.until) return false;
    erase(ban.source, there->second);
  } else if (until_.size() >= most_) {
    const auto [first_end, first] = *by_end_.begin();
    if (ban.until <= first_end) return false;
    erase(first, first_end);
  }
  until_.emplace(ban.source, ban.until);
  by_end_.emplace(ban.until, ban.source);
  ++lengths_[ban.source.bits];
  return true;
}

bool BanList::remove(const Source& source) {
  const auto there = until_.find(source);
  if (there == until_.end()) return false;
  erase(source, there->second);
  return true;
}

bool BanList::holds(const Source& address, std::chrono::milliseconds now) {
  if (is_empty()) return false;
  drop_ended(now);
  for (std::uint32_t bits = 0; bits <= address.bits; ++bits) {
    if (lengths_[bits] != 0 && until_.contains(prefix_of(address, bits))) return true;
  }
  return false;
}

std::vector<Ban> BanList::list() const {
  std::vector<Ban> out;
  out.reserve(until_.size());
  for (const auto& [source, until] : until_) out.push_back({source, until});
  return out;
}

// Those that ended are met once each.
void BanList::drop_ended(std::chrono::milliseconds now) {
  while (!by_end_.empty() && by_end_.begin()->first <= now) {
    const auto [until, source] = *by_end_.begin();
    erase(source, until);
  }
}

void BanList::erase(const Source& source, std::chrono::milliseconds until) {
  by_end_.erase({until, source});
  until_.erase(source);
  --lengths_[source.bits];
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
