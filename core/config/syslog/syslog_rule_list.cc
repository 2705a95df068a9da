// SPDX-License-Identifier: ISC
#include "core/config/syslog/syslog_rule_list.h"

#include <tuple>

namespace uvinetd {
namespace {

std::string target_of(const SyslogAction& action) {
  std::string out = action.path + '\0' + action.host + '\0' + std::to_string(action.port);
  for (const auto& user : action.users) out += '\0' + user;
  return out;
}

auto options_of(const SyslogAction& action) {
  return std::tuple(action.form, action.rotate_size, action.rotate_count, action.most_bytes);
}

}  // namespace

std::string SyslogRuleList::add(SyslogRule rule, SyslogAction action) {
  auto& actions = rules_.actions;
  const auto [found, is_new] =
      actions_.try_emplace({action.kind, target_of(action)}, actions.size());
  rule.action = found->second;
  rules_.rules.push_back(std::move(rule));
  if (is_new) {
    actions.push_back(std::move(action));
    return "";
  }
  auto& known = actions[found->second];
  known.is_synced |= action.is_synced;
  const auto wanted = options_of(action);
  return wanted == options_of(SyslogAction()) || wanted == options_of(known) ? "" : known.place;
}

}  // namespace uvinetd
