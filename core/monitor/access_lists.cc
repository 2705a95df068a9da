// SPDX-License-Identifier: ISC
#include "core/monitor/access_lists.h"

#include <net/if.h>

#include <charconv>
#include <utility>

#include "core/base/shared_memory.h"
#include "core/config/access_file.h"
#include "core/monitor/reactor_role.h"

namespace uvinetd {
namespace {

constexpr std::size_t kMostInline = std::size_t{32} * 1024;  // bytes of a list in a message

void add_id(const AccessRule& rule, std::vector<std::uint32_t>& to, AccessRules& out) {
  std::uint32_t id = 0;
  const auto* last = rule.name.data() + rule.name.size();
  const auto [end, error] = std::from_chars(rule.name.data(), last, id);
  if (error == std::errc() && end == last) {
    to.push_back(id);
  } else {
    out.is_broken = true;  // names have become numbers at load
  }
}

// The rules as text, with what they mean on this host just now: the same text is the same list.
std::string key_of(const std::vector<AccessRule>& rules) {
  std::string out;
  for (const auto& rule : rules) {
    out += print_access_rule(rule);
    if (rule.kind == AccessRule::Kind::Interface) {
      out += '=' + std::to_string(if_nametoindex(rule.name.c_str()));
    }
    out += '\n';
  }
  return out;
}

}  // namespace

AccessRules collect_rules(const std::vector<AccessRule>& rules) {
  using Kind = AccessRule::Kind;
  AccessRules out;
  for (const auto& rule : rules) {
    switch (rule.kind) {
      case Kind::Address:
        (rule.network.is_v6 ? out.v6 : out.v4).push_back({rule.network.octets, rule.network.bits});
        break;
      case Kind::Interface:
        out.interfaces.push_back(if_nametoindex(rule.name.c_str()));
        out.is_broken = out.is_broken || out.interfaces.back() == 0;
        break;
      case Kind::User:
        add_id(rule, out.users, out);
        break;
      case Kind::Group:
        add_id(rule, out.groups, out);
        break;
      case Kind::Host:
        out.hosts.push_back(rule.name);
        break;
      case Kind::Domain:
        out.domains.push_back(rule.name);
        break;
      case Kind::File:
        out.is_broken = true;  // is a list of its own
        break;
    }
  }
  return out;
}

void AccessLists::begin_table() {
  ++table_;
  known_.clear();
}

std::vector<std::uint32_t> AccessLists::numbers_of(const std::vector<std::string>& rules) {
  const auto [place, is_new] = known_.try_emplace(&rules);
  auto& out = place->second;
  if (!is_new) return out;
  std::vector<AccessRule> written;
  bool is_broken = false;
  for (const auto& text : rules) {
    auto rule = parse_access_rule(text);
    if (!rule) {
      is_broken = true;  // the load has refused it
    } else if (rule->kind == AccessRule::Kind::File) {
      auto& list = list_of("file:" + rule->name);
      list.path = rule->name;
      look_at(list);
      out.push_back(list.number);
    } else {
      written.push_back(std::move(*rule));
    }
  }
  if (written.empty() && !is_broken) return out;
  auto& list = list_of(is_broken ? "broken" : "rules:" + key_of(written));
  if (list.bytes.empty() && !list.memory.is_open()) {
    auto collected = collect_rules(written);
    collected.is_broken = collected.is_broken || is_broken;
    set_rules(list, std::move(collected));
  }
  out.push_back(list.number);
  return out;
}

AccessLists::List& AccessLists::list_of(const std::string& key) {
  auto& list = lists_[key];
  if (list.number == 0) list.number = ++last_number_;
  list.used_in = table_;
  return list;
}

void AccessLists::set_rules(List& list, AccessRules rules) {
  list.memory.reset();
  list.bytes = AccessList::print(std::move(rules));
  list.is_sent = false;
  if (list.bytes.size() <= kMostInline) return;
  auto memory = make_read_only_memory("uvinetd-access", list.bytes);
  if (memory) {
    list.memory = std::move(*memory);
    list.bytes = std::string();
    return;
  }
  tell(list, "access rules: " + memory.error().text());
  AccessRules none;
  none.is_broken = true;
  list.bytes = AccessList::print(std::move(none));
}

void AccessLists::look_at(List& list) {
  const auto stamp = FileStamp::of(list.path.c_str());
  const bool is_first = list.bytes.empty() && !list.memory.is_open();
  if (!is_first && stamp == list.stamp) return;
  list.stamp = stamp;
  std::string problem;
  const auto text = reader_.read(list.path);
  AccessFile file;
  if (!text) {
    problem = list.path + ": " + text.error().message;
  } else {
    file = parse_access_file(*text, list.path);
    for (const auto& diagnostic : file.diagnostics) {
      if (diagnostic.severity == Severity::Error && problem.empty()) problem = diagnostic.text();
    }
  }
  auto rules = collect_rules(file.rules);
  if (problem.empty() && rules.is_broken) problem = list.path + ": an interface is not there";
  if (problem.empty()) {
    list.problem.clear();
    return set_rules(list, std::move(rules));
  }
  tell(list, problem + (is_first ? "; who is judged by it is refused" : "; its last rules stay"));
  if (!is_first) return;
  AccessRules none;
  none.is_broken = true;
  set_rules(list, std::move(none));
}

void AccessLists::tell(List& list, std::string problem) {
  if (list.problem == problem) return;
  list.problem = problem;
  problems_.push_back(std::move(problem));
}

std::vector<std::string> AccessLists::take_problems() {
  return std::exchange(problems_, {});
}

void AccessLists::forget_unused() {
  std::erase_if(lists_, [this](const auto& entry) { return entry.second.used_in != table_; });
}

bool AccessLists::refresh() {
  bool has_new = false;
  for (auto& [key, list] : lists_) {
    if (list.path.empty()) continue;
    look_at(list);
    has_new = has_new || !list.is_sent;
  }
  return has_new;
}

std::vector<std::string> AccessLists::files() const {
  std::vector<std::string> out;
  for (const auto& [key, list] : lists_) {
    if (!list.path.empty()) out.push_back(list.path);
  }
  return out;
}

void AccessLists::send_new(ReactorRole& reactor) {
  for (auto& [key, list] : lists_) {
    if (std::exchange(list.is_sent, true)) continue;
    std::vector<int> fds;
    if (list.memory.is_open()) fds.push_back(list.memory.get());
    reactor.send(MessageType::AccessList, print(AccessListForm{list.number, list.bytes}), fds);
  }
}

void AccessLists::send_all(ReactorRole& reactor) {
  for (auto& [key, list] : lists_) list.is_sent = false;
  send_new(reactor);
}

}  // namespace uvinetd
