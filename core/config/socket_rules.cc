// SPDX-License-Identifier: ISC
#include "core/config/socket_rules.h"

namespace uvinetd {

bool needs_address_filter(const ServiceSpec& spec) {
  const auto& more = *spec.more;
  if (spec.listen.empty() || (!more.allow && more.deny.empty())) return false;
  const bool takes_clients_itself = spec.mode == Mode::Wait && spec.internal.empty();
  return takes_clients_itself || is_datagram(spec.listen.front().kind);
}

std::vector<AddressPrefix> address_rules(const std::vector<std::string>& list, std::string& other) {
  std::vector<AddressPrefix> out;
  out.reserve(list.size());
  for (const auto& text : list) {
    const auto rule = parse_access_rule(text);
    if (rule && rule->kind == AccessRule::Kind::Address) {
      out.push_back(rule->network);
    } else if (other.empty()) {
      other = text;
    }
  }
  return out;
}

AddressFilter address_filter_of(const ServiceOptions& options) {
  std::string other;
  AddressRules rules;
  if (options.allow) rules.allow = address_rules(*options.allow, other);
  rules.deny = address_rules(options.deny, other);
  if (!other.empty()) return closed_filter();
  auto filter = make_address_filter(rules);
  return filter.size() > kMostFilterSteps ? closed_filter() : filter;
}

}  // namespace uvinetd
