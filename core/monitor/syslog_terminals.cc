// SPDX-License-Identifier: ISC
// The terminals that the server of a syslog service asks for: of users whom its rules name.
#include <algorithm>
#include <set>

#include "core/monitor/logged_in.h"
#include "core/monitor/syslog_files.h"
#include "core/monitor/syslog_keeper.h"

namespace uvinetd {
namespace {

constexpr std::chrono::milliseconds kBetweenAsks{200};
constexpr std::size_t kMostAsks = 16;
constexpr std::size_t kMostTerminals = 200;  // of one answer

std::set<std::string> users_of(const SyslogRules& rules) {
  std::set<std::string> out;
  for (const auto& action : rules.actions) out.insert(action.users.begin(), action.users.end());
  return out;
}

}  // namespace

// A server that asks and asks is answered now and then.
void SyslogKeeper::ask_terminals(One& one, const SyslogTerminals& asked) {
  const auto now = loop_.now();
  const auto due = one.last_ask + kBetweenAsks * static_cast<int>(one.asks + 1);
  if (one.asks == 0 && now >= one.last_ask + kBetweenAsks) {
    one.last_ask = now;
    return tell_terminals(one, asked);
  }
  if (one.asks >= kMostAsks) {  // later
    (void)send(one, SyslogMessageType::Terminals, print(SyslogTerminals{asked.ticket, {}, {}}));
    return;
  }
  ++one.asks;
  timers_.after(std::max(due - now, kBetweenAsks), [this, id = one.id, asked] {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    if (found->second->asks > 0) --found->second->asks;
    found->second->last_ask = loop_.now();
    tell_terminals(*found->second, asked);
  });
}

// Of those only whom a rule names.
void SyslogKeeper::tell_terminals(One& one, const SyslogTerminals& asked) {
  const auto named = users_of(one.setup.rules);
  const auto asks_for = [&](const std::string& name) {
    return named.contains(name) &&
           std::find(asked.users.begin(), asked.users.end(), name) != asked.users.end();
  };
  const bool is_everybody = asks_for("*");
  SyslogTerminals told{asked.ticket, {}, {}};
  std::vector<UniqueFd> terminals;
  for (const auto& [user, terminal] : who_is_logged_in()) {
    if (terminals.size() == kMostTerminals) break;
    if (!is_everybody && !asks_for(user)) continue;
    auto fd = open_user_terminal(terminal, is_everybody);
    if (!fd) continue;
    told.users.push_back(user);
    terminals.push_back(std::move(*fd));
  }
  for (const auto& name : asked.users) {
    const bool is_there = std::find(told.users.begin(), told.users.end(), name) != told.users.end();
    if (name != "*" && !is_there) told.absent.push_back(name);
  }
  std::vector<int> fds;
  for (const auto& terminal : terminals) fds.push_back(terminal.get());
  (void)send(one, SyslogMessageType::Terminals, print(told), fds);
}

}  // namespace uvinetd
