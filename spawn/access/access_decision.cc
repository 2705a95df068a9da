// SPDX-License-Identifier: ISC
#include "spawn/access/access_decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <arpa/inet.h>

namespace uvinetd {
namespace {

using Numbers = std::vector<std::uint32_t>;
using Answer = AccessDecision::Answer;

template <typename Rank_>
Rank highest(const Numbers& numbers, const AccessBook& book, Rank_ rank_in) {
  Rank out = kNoRule;
  for (const auto number : numbers) out = std::max(out, rank_in(*book.find(number)));
  return out;
}

template <typename Fact>
bool any_list(const AccessSettings& settings, const AccessBook& book, Fact fact) {
  const auto holds = [&](std::uint32_t number) {
    const auto* list = book.find(number);
    return list != nullptr && fact(*list);
  };
  return std::any_of(settings.allow.begin(), settings.allow.end(), holds) ||
         std::any_of(settings.deny.begin(), settings.deny.end(), holds);
}

// A list whose rules are not known might deny, or be the one that does not allow.
bool is_complete(const AccessSettings& settings, const AccessBook& book) {
  const auto is_known = [&](std::uint32_t number) {
    const auto* list = book.find(number);
    return list != nullptr && !list->is_broken();
  };
  return std::all_of(settings.allow.begin(), settings.allow.end(), is_known) &&
         std::all_of(settings.deny.begin(), settings.deny.end(), is_known);
}

AccessDecision settle(const AccessSettings& settings, Rank allow, Rank deny) {
  if (deny != kNoRule && deny >= allow) return {Answer::Denied, deny};
  if (allow != kNoRule) return {Answer::Allowed, allow};
  return {settings.has_allow ? Answer::Denied : Answer::Allowed, kNoRule};
}

std::string network_text(const AccessClient& client, unsigned bits) {
  const bool is_v6 = client.kind == AccessClient::Kind::V6;
  auto octets = client.octets;
  for (unsigned bit = bits; bit < 128; ++bit) {
    octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] & ~(0x80U >> (bit % 8)));
  }
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(is_v6 ? AF_INET6 : AF_INET, octets.data(), text, sizeof text);
  return bits == (is_v6 ? 128U : 32U) ? std::string(text) : fmt::format("{}/{}", text, bits);
}

std::string rule_text(Rank rank, const AccessClient& client) {
  if (rank >= kUserRank) return fmt::format("user:{}", client.user.value_or(0));
  if (rank >= kGroupRank) return "group";
  if (rank >= kNetworkRank) return network_text(client, rank - kNetworkRank);
  if (rank >= kInterfaceRank) return fmt::format("interface {}", client.interface);
  const std::string_view name = client.name ? std::string_view(*client.name) : std::string_view();
  if (rank >= kHostRank) return std::string(name);
  if (rank >= kDomainRank)
    return fmt::format(".{}", name.substr(name.size() - (rank - kDomainRank)));
  return network_text(client, 0);
}

}  // namespace

bool AccessBook::set(std::uint32_t number, std::string bytes) {
  Entry entry;
  entry.bytes = std::make_unique<const std::string>(std::move(bytes));
  const std::string_view view_of = *entry.bytes;
  return view(number, std::move(entry), view_of);
}

bool AccessBook::set(std::uint32_t number, Mapping mapping) {
  Entry entry;
  entry.mapping = std::move(mapping);
  const auto view_of = entry.mapping.bytes();
  return view(number, std::move(entry), view_of);
}

bool AccessBook::view(std::uint32_t number, Entry entry, std::string_view bytes) {
  auto list = AccessList::view(bytes);
  if (!list) {
    entries_.erase(number);
    return false;
  }
  entry.list = std::move(*list);
  entries_.insert_or_assign(number, std::move(entry));
  return true;
}

const AccessList* AccessBook::find(std::uint32_t number) const {
  const auto found = entries_.find(number);
  return found == entries_.end() ? nullptr : &found->second.list;
}

void AccessBook::keep_only(const std::unordered_set<std::uint32_t>& numbers) {
  std::erase_if(entries_, [&](const auto& entry) { return !numbers.contains(entry.first); });
}

AccessDecision decide_access(const AccessSettings& settings, const AccessBook& book,
                             const AccessClient& client) {
  if (settings.is_open()) return {};
  if (!is_complete(settings, book)) return {Answer::Denied, kNoRule};
  const auto rank_in = [&](const AccessList& list) { return list.rank(client); };
  const auto allow = highest(settings.allow, book, rank_in);
  const auto deny = highest(settings.deny, book, rank_in);
  const bool is_ip = client.kind == AccessClient::Kind::V4 || client.kind == AccessClient::Kind::V6;
  const auto has_names = [](const AccessList& list) { return list.has_names(); };
  if (!is_ip || std::max(allow, deny) > kEverybodyRank || !any_list(settings, book, has_names)) {
    return settle(settings, allow, deny);
  }
  if (!client.name) return {Answer::NeedsName, kNoRule};
  if (client.name->empty()) return {Answer::NoName, kNoRule};
  const auto by_name = [&](const AccessList& list) { return list.rank_of_name(*client.name); };
  return settle(settings, std::max(allow, highest(settings.allow, book, by_name)),
                std::max(deny, highest(settings.deny, book, by_name)));
}

std::string describe(const AccessDecision& decision, const AccessSettings& settings,
                     const AccessClient& client) {
  switch (decision.answer) {
    case Answer::NeedsName:
      return "its name decides";
    case Answer::NoName:
      return "no confirmed name";
    case Answer::Allowed:
      if (decision.rank == kNoRule) return "no rule";
      return "allow " + rule_text(decision.rank, client);
    case Answer::Denied:
      if (decision.rank != kNoRule) return "deny " + rule_text(decision.rank, client);
      return settings.has_allow ? "not in allow" : "rules that cannot be read";
  }
  return {};
}

bool asks_for_interface(const AccessSettings& settings, const AccessBook& book) {
  return any_list(settings, book, [](const AccessList& list) { return list.has_interfaces(); });
}

bool asks_for_groups(const AccessSettings& settings, const AccessBook& book) {
  return any_list(settings, book, [](const AccessList& list) { return list.has_groups(); });
}

}  // namespace uvinetd
