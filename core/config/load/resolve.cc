// SPDX-License-Identifier: ISC
#include "core/config/load/resolve.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "core/config/field_reader.h"
#include "core/config/load/box.h"
#include "core/config/load/ends.h"
#include "core/config/load/limit_check.h"
#include "core/config/load/lookup.h"
#include "core/config/load/relay_check.h"
#include "core/config/load/rpc_file.h"
#include "core/config/quote.h"
#include "core/config/suggest.h"
#include "spawn/settings/listen_fds.h"

namespace uvinetd {
namespace {

constexpr unsigned kMostId = UINT32_MAX - 1;

// Later: a name service did not answer; the service is tried again.
enum class Outcome { Good, Bad, Later };

bool is_host_name(const std::string& host) {
  in_addr v4{};
  return !host.empty() && host.find(':') == std::string::npos &&
         inet_pton(AF_INET, host.c_str(), &v4) != 1;
}

std::vector<std::uint32_t> our_groups(std::uint32_t gid) {
  std::vector<std::uint32_t> out{gid};
  std::vector<gid_t> list(65536);
  const int count = getgroups(static_cast<int>(list.size()), list.data());
  for (int i = 0; i < count; ++i) out.push_back(list[static_cast<std::size_t>(i)]);
  return out;
}

void sort_unique(std::vector<std::uint32_t>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

template <typename Answers>
bool are_answered(const std::set<std::string>& names, const Answers& answers) {
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    const auto found = answers.find(name);
    return found != answers.end() && found->second.state != LookupState::Failed;
  });
}

class Resolver {
 public:
  Resolver(const LoadOptions& options, Diagnostics& diagnostics)
      : options_(options), diagnostics_(diagnostics), ends_(diagnostics) {}

  void request(const ServiceSpec& spec);
  void look_up(LookupHelper& helper) {
    results_ = helper.ask(request_, options_.lookup_deadline);
    has_all_answers_ = are_answered(request_.users, results_.users) &&
                       are_answered(request_.groups, results_.groups) &&
                       are_answered(request_.hosts, results_.hosts);
  }
  // Otherwise a service may have to be resolved Later.
  [[nodiscard]] bool has_all_answers() const { return has_all_answers_; }
  // Names that may be two of one thing.
  [[nodiscard]] bool has_names() const { return !request_.hosts.empty() || has_rpc_; }
  Outcome resolve(LoadedService& loaded);

 private:
  Outcome refuse(const SourcePosition& at, const char* slug, std::string message,
                 std::string hint = {});
  // What to do with a name that was not found: `answer` is null when none came in time.
  Outcome not_found(const SourcePosition& at, const char* slug, const char* what,
                    const std::string& name, const LookupState* state);

  // Where the language lets an ordinary user leave it out: oneself.
  [[nodiscard]] std::string user_of(const ServiceSpec& spec) const {
    if (is_log_without_user(spec)) {
      return options_.uid == 0 ? options_.daemon_user : std::to_string(options_.uid);
    }
    return spec.user.empty() ? std::to_string(options_.uid) : spec.user;
  }
  // A log needs no privilege, and does not get any by what its line has in other daemons.
  [[nodiscard]] static bool is_log_without_user(const ServiceSpec& spec) {
    return is_syslog_service(spec) &&
           (spec.user.empty() || spec.user == "root" || spec.user == "0");
  }
  // Nor does it go without an account: in place of the daemon's own, where that does not exist, it
  // gets an id that nobody has.
  [[nodiscard]] bool is_log_of_daemon(const ServiceSpec& spec) const {
    return options_.uid == 0 && is_syslog_service(spec) &&
           (spec.user == options_.daemon_user || spec.user == kDaemonUser);
  }
  void settle_log_user(ServiceSpec& spec);
  bool may_split(const ServiceSpec& spec) const;
  void split_user(ServiceSpec& spec) const;
  Outcome find_user(LoadedService& loaded, bool& has_record, UserRecord& record);
  Outcome find_group(const SourcePosition& at, const std::string& group, std::uint32_t& gid);
  Outcome resolve_identity(LoadedService& loaded);
  Outcome resolve_groups(const ServiceSpec& spec, const UserRecord& record, Identity& identity);
  Outcome become_oneself(LoadedService& loaded);
  Outcome resolve_socket_owner(const ServiceSpec& spec, ListenSpec& listen);
  Outcome resolve_hosts(ServiceSpec& spec);
  Outcome resolve_rpc(ServiceSpec& spec);
  Outcome resolve_rules(ServiceSpec& spec);
  Outcome resolve_rule(const SourcePosition& at, std::string& text);
  Outcome resolve_redirect(ServiceSpec& spec);

  const LoadOptions& options_;
  Diagnostics& diagnostics_;
  EndResolver ends_;
  LookupRequest request_;
  LookupResults results_;
  bool has_all_answers_ = false;
  bool has_rpc_ = false;
};

// `user.group` in the daemons that know it; FreeBSD's does not.
bool Resolver::may_split(const ServiceSpec& spec) const {
  return options_.inetd.dialect != Dialect::FreeBsd && spec.group.empty() &&
         spec.user.find('.') != std::string::npos;
}

void Resolver::split_user(ServiceSpec& spec) const {
  const auto dot = spec.user.rfind('.');
  spec.group = spec.user.substr(dot + 1);
  spec.user.resize(dot);
  spec.group_at = spec.user_at;
  spec.group_at.column += static_cast<int>(dot) + 1;
}

void Resolver::request(const ServiceSpec& spec) {
  const auto add_group = [&](const std::string& name) {
    if (!name.empty() && !parse_number(name, kMostId)) request_.groups.insert(name);
  };
  if (has_server(spec)) {
    request_.users.insert(user_of(spec));
    add_group(spec.group);
    for (const auto& group : spec.more->groups) add_group(group);
    if (may_split(spec)) {
      ServiceSpec split = spec;
      split_user(split);
      request_.users.insert(split.user);
      add_group(split.group);
    }
  }
  const auto add_named = [&](const std::string& rule) {
    if (rule.starts_with("user:")) request_.users.insert(rule.substr(5));
    if (rule.starts_with("group:")) add_group(rule.substr(6));
  };
  if (spec.more->allow)
    std::for_each(spec.more->allow->begin(), spec.more->allow->end(), add_named);
  std::for_each(spec.more->deny.begin(), spec.more->deny.end(), add_named);
  has_rpc_ |= spec.more->rpc.has_value();
  if (const auto& redirect = spec.more->redirect; redirect && is_host_name(redirect->host)) {
    request_.hosts.insert(redirect->host);
  }
  for (const auto& listen : spec.listen) {
    if (is_ip(listen.kind) && is_host_name(listen.host)) request_.hosts.insert(listen.host);
    if (!listen.node->user.empty()) request_.users.insert(listen.node->user);
    add_group(listen.node->group);
  }
}

Outcome Resolver::refuse(const SourcePosition& at, const char* slug, std::string message,
                         std::string hint) {
  diagnostics_.push_back({Severity::Error, at, std::move(message), std::move(hint), slug});
  return Outcome::Bad;
}

Outcome Resolver::not_found(const SourcePosition& at, const char* slug, const char* what,
                            const std::string& name, const LookupState* state) {
  if (state != nullptr && *state == LookupState::Absent) {
    return refuse(at, slug, std::string("unknown ") + what + " " + quoted(name));
  }
  const bool is_late = state == nullptr;
  diagnostics_.push_back({Severity::Warning, at,
                          std::string("the look-up of ") + what + " " + quoted(name) +
                              (is_late ? " was not answered in time" : " failed"),
                          "it is tried again", is_late ? "lookup-timeout" : "lookup-failed"});
  return Outcome::Later;
}

Outcome Resolver::find_user(LoadedService& loaded, bool& has_record, UserRecord& record) {
  auto& spec = loaded.spec;
  auto found = results_.users.find(spec.user);
  const auto is_found = [&] {
    return found != results_.users.end() && found->second.state == LookupState::Found;
  };
  const bool is_absent =
      found != results_.users.end() && found->second.state == LookupState::Absent;
  if (is_absent && may_split(spec)) {
    ServiceSpec split = spec;
    split_user(split);
    const auto half = results_.users.find(split.user);
    const bool is_known = half != results_.users.end() && half->second.state == LookupState::Found;
    if (is_known || split.user == "root" || parse_number(split.user, kMostId)) {
      spec = std::move(split);
      found = half;
    }
  }
  has_record = is_found();
  if (has_record) {
    record = found->second.value;
    return Outcome::Good;
  }
  record.home = "/";
  record.shell = "/bin/sh";
  record.name = spec.user;
  if (const auto uid = parse_number(spec.user, kMostId)) {
    record.uid = *uid;
    return Outcome::Good;
  }
  if (spec.user == "root") {  // a container may have no /etc/passwd
    has_record = true;
    record.home = "/root";
    return Outcome::Good;
  }
  const bool has_answer = found != results_.users.end();
  return not_found(spec.user_at, "unknown-user", "user", spec.user,
                   has_answer ? &found->second.state : nullptr);
}

Outcome Resolver::find_group(const SourcePosition& at, const std::string& group,
                             std::uint32_t& gid) {
  if (const auto number = parse_number(group, kMostId)) {
    gid = *number;
    return Outcome::Good;
  }
  const auto found = results_.groups.find(group);
  const bool has_answer = found != results_.groups.end();
  if (has_answer && found->second.state == LookupState::Found) {
    gid = found->second.value;
    return Outcome::Good;
  }
  if (group == "root") {
    gid = 0;
    return Outcome::Good;
  }
  return not_found(at, "unknown-group", "group", group,
                   has_answer ? &found->second.state : nullptr);
}

// Without privilege a server keeps the groups that we have.
Outcome Resolver::become_oneself(LoadedService& loaded) {
  const auto& spec = loaded.spec;
  auto& identity = loaded.identity;
  if (identity.uid != options_.uid) {
    return refuse(spec.user_at, "other-user",
                  "only root can run a service as " + quoted(spec.user));
  }
  const std::uint32_t own = getegid();
  if (!spec.group.empty() && identity.gid != own) {
    return refuse(spec.group_at, "other-user",
                  "only root can run a service with the group " + quoted(spec.group));
  }
  identity.gid = own;
  identity.groups = our_groups(own);
  sort_unique(identity.groups);
  return Outcome::Good;
}

// The daemon's account, or where it does not exist an id that nobody has.
void Resolver::settle_log_user(ServiceSpec& spec) {
  const auto name = user_of(spec);
  const auto found = results_.users.find(name);
  const bool is_absent =
      found != results_.users.end() && found->second.state == LookupState::Absent;
  const bool is_number = parse_number(name, kMostId).has_value();
  const bool is_root = options_.uid == 0 && (name == "root" || name == "0");
  const bool has_account = !is_root && !(is_absent && !is_number);
  if (!has_account && !is_log_without_user(spec)) {
    diagnostics_.push_back(
        {Severity::Warning, spec.user_at,
         fmt::format("unknown user {}: the log runs as the user {}", quoted(spec.user), kUnnamedId),
         "", "unknown-user"});
  }
  spec.user = has_account ? name : std::to_string(kUnnamedId);
  if (spec.group == "root" || spec.group == "0") spec.group.clear();
  const bool has_group = has_account && !is_absent;
  if (options_.uid == 0 && !has_group && spec.group.empty()) spec.group = spec.user;
}

Outcome Resolver::resolve_identity(LoadedService& loaded) {
  auto& spec = loaded.spec;
  auto& identity = loaded.identity;
  if (is_log_without_user(spec) || is_log_of_daemon(spec)) {
    settle_log_user(spec);
  } else if (spec.user.empty() && options_.uid == 0) {
    return refuse(spec.at, "user", "the service has no user");
  }
  spec.user = user_of(spec);
  bool has_record = false;
  UserRecord record;
  if (const auto outcome = find_user(loaded, has_record, record); outcome != Outcome::Good) {
    return outcome;
  }
  identity.uid = record.uid;
  identity.gid = record.gid;
  identity.user_name = record.name;
  identity.home = record.home.empty() ? "/" : record.home;
  identity.shell = record.shell.empty() ? "/bin/sh" : record.shell;
  if (!spec.group.empty()) {
    const auto outcome = find_group(spec.group_at, spec.group, identity.gid);
    if (outcome != Outcome::Good) return outcome;
  }
  if (options_.uid != 0) return become_oneself(loaded);
  if (spec.group.empty() && !has_record) {
    const auto found = results_.users.find(spec.user);
    if (found == results_.users.end() || found->second.state == LookupState::Failed) {
      return not_found(spec.user_at, "unknown-user", "user", spec.user,
                       found == results_.users.end() ? nullptr : &found->second.state);
    }
    return refuse(spec.user_at, "unknown-user",
                  "user " + spec.user + " is in no user database, so its group must be written",
                  spec.user + ":" + spec.user);
  }
  return resolve_groups(spec, record, identity);
}

// The group of a process counts as one of its supplementary groups too.
Outcome Resolver::resolve_groups(const ServiceSpec& spec, const UserRecord& record,
                                 Identity& identity) {
  switch (spec.more->groups_from) {
    case GroupsFrom::Database:
      identity.groups = record.groups;
      break;
    case GroupsFrom::None:
      break;
    case GroupsFrom::List:
      for (const auto& name : spec.more->groups) {
        std::uint32_t gid = 0;
        const auto outcome = find_group(spec.group_at, name, gid);
        if (outcome != Outcome::Good) return outcome;
        identity.groups.push_back(gid);
      }
      break;
  }
  identity.groups.push_back(identity.gid);
  sort_unique(identity.groups);
  return Outcome::Good;
}

Outcome Resolver::resolve_socket_owner(const ServiceSpec& spec, ListenSpec& listen) {
  if (!listen.node->user.empty()) {
    LoadedService owner;
    owner.spec.user = listen.node->user;
    owner.spec.group = "-";  // never split at a dot
    owner.spec.user_at = spec.at;
    bool has_record = false;
    UserRecord record;
    const auto outcome = find_user(owner, has_record, record);
    if (outcome != Outcome::Good) return outcome;
    if (options_.uid != 0 && record.uid != options_.uid) {
      return refuse(spec.at, "other-user",
                    "only root can give a socket to " + quoted(listen.node->user));
    }
    listen.node.edit().user = std::to_string(record.uid);
  }
  if (listen.node->group.empty()) return Outcome::Good;
  std::uint32_t gid = 0;
  const auto outcome = find_group(spec.at, listen.node->group, gid);
  if (outcome == Outcome::Good) listen.node.edit().group = std::to_string(gid);
  return outcome;
}

// One ListenSpec per address of the family that was asked for.
Outcome Resolver::resolve_hosts(ServiceSpec& spec) {
  if (spec.listen.empty()) return Outcome::Good;  // reached through the multiplexer
  std::vector<ListenSpec> numeric;
  std::string unknown;
  for (const auto& listen : spec.listen) {
    if (!is_ip(listen.kind) || !is_host_name(listen.host)) {
      numeric.push_back(listen);
      continue;
    }
    const auto found = results_.hosts.find(listen.host);
    if (found == results_.hosts.end() || found->second.state != LookupState::Found) {
      return not_found(spec.at, "unknown-host", "host", listen.host,
                       found == results_.hosts.end() ? nullptr : &found->second.state);
    }
    unknown = listen.host;
    for (const auto& address : found->second.value) {
      const auto family = address.find(':') == std::string::npos ? IpFamily::V4 : IpFamily::V6;
      if (listen.family != IpFamily::Dual && listen.family != family) continue;
      ListenSpec one = listen;
      one.family = family;
      one.host = address;
      if (std::find(numeric.begin(), numeric.end(), one) == numeric.end()) numeric.push_back(one);
    }
  }
  if (numeric.empty()) {
    return refuse(spec.at, "unknown-host",
                  "host " + quoted(unknown) + " has no address of the protocol's family");
  }
  const bool has_firm = std::any_of(numeric.begin(), numeric.end(),
                                    [](const ListenSpec& one) { return !one.is_optional; });
  for (auto& one : numeric) one.is_optional = one.is_optional && has_firm;
  if (spec.more->listen_fds && numeric.size() > kMostListenFds) {
    return refuse(spec.at, "listen-fds",
                  "one server gets " + std::to_string(kMostListenFds) + " sockets at most, not " +
                      std::to_string(numeric.size()));
  }
  spec.listen = std::move(numeric);
  return Outcome::Good;
}

// The name becomes a number, so that two names of one program are one.
Outcome Resolver::resolve_rpc(ServiceSpec& spec) {
  if (!spec.more->rpc) return Outcome::Good;
#ifdef UVINETD_RPC
  const auto& program = *spec.more->rpc;
  const auto number = system_rpc_names().number_of(program.name);
  if (!number) {
    const auto known = system_rpc_names().all();
    return refuse(spec.at, "rpc", "unknown RPC program " + quoted(program.name),
                  did_you_mean(program.name, std::span<const std::string>(known)));
  }
  if (program.high_version - program.low_version >= kMostRpcVersions) {
    return refuse(spec.at, "rpc",
                  "an RPC program may have " + std::to_string(kMostRpcVersions) + " versions");
  }
  spec.more.edit().rpc->name = std::to_string(*number);
  return Outcome::Good;
#else
  return refuse(spec.at, "rpc", "RPC services need libtirpc, which this was built without");
#endif
}

// Users and groups of access rules become numbers.
Outcome Resolver::resolve_rules(ServiceSpec& spec) {
  const auto is_named = [](const std::string& text) {
    return text.starts_with("user:") || text.starts_with("group:");
  };
  for (const bool allows : {true, false}) {
    const auto& more = *spec.more;
    if (allows && !more.allow) continue;
    const auto& written = allows ? *more.allow : more.deny;
    if (std::none_of(written.begin(), written.end(), is_named)) continue;
    auto rules = written;
    const auto& place = allows ? spec.admission_at->allow : spec.admission_at->deny;
    for (auto& text : rules) {
      if (!is_named(text)) continue;
      const auto outcome = resolve_rule(place.line != 0 ? place : spec.at, text);
      if (outcome != Outcome::Good) return outcome;
    }
    if (allows) {
      spec.more.edit().allow = std::move(rules);
    } else {
      spec.more.edit().deny = std::move(rules);
    }
  }
  return Outcome::Good;
}

Outcome Resolver::resolve_rule(const SourcePosition& at, std::string& text) {
  const auto colon = text.find(':');
  const auto name = text.substr(colon + 1);
  std::uint32_t id = 0;
  if (text.starts_with("group:")) {
    if (const auto outcome = find_group(at, name, id); outcome != Outcome::Good) return outcome;
  } else {
    LoadedService user;
    user.spec.user = name;
    user.spec.group = "-";  // never split at a dot
    user.spec.user_at = at;
    bool has_record = false;
    UserRecord record;
    const auto outcome = find_user(user, has_record, record);
    if (outcome != Outcome::Good) return outcome;
    id = record.uid;
  }
  text.replace(colon + 1, std::string::npos, std::to_string(id));
  return Outcome::Good;
}

Outcome Resolver::resolve_redirect(ServiceSpec& spec) {
  auto problem = check_relay(spec);
  if (!problem && spec.more->redirect) {
    const auto& host = spec.more->redirect->host;
    std::vector<std::string> addresses{host};
    if (is_host_name(host)) {
      const auto found = results_.hosts.find(host);
      if (found == results_.hosts.end() || found->second.state != LookupState::Found) {
        return not_found(spec.at, "unknown-host", "host", host,
                         found == results_.hosts.end() ? nullptr : &found->second.state);
      }
      addresses = found->second.value;
    }
    problem = settle_redirect(addresses, spec);
  }
  if (!problem && is_health_check(spec)) limit_health_check(spec);
  return problem ? refuse(spec.at, problem->slug, problem->message, problem->hint) : Outcome::Good;
}

Outcome Resolver::resolve(LoadedService& loaded) {
  if (const auto outcome = resolve_rules(loaded.spec); outcome != Outcome::Good) return outcome;
  if (const auto outcome = resolve_rpc(loaded.spec); outcome != Outcome::Good) return outcome;
  if (!check_limits(loaded.spec, diagnostics_)) return Outcome::Bad;
  if (const auto outcome = resolve_redirect(loaded.spec); outcome != Outcome::Good) return outcome;
  if (has_server(loaded.spec)) {
    if (const auto outcome = resolve_identity(loaded); outcome != Outcome::Good) return outcome;
    if (!resolve_box(options_, loaded, diagnostics_)) return Outcome::Bad;
  }
  if (!ends_.resolve(loaded)) return Outcome::Bad;
  for (auto& listen : loaded.spec.listen) {
    const auto outcome = resolve_socket_owner(loaded.spec, listen);
    if (outcome != Outcome::Good) return outcome;
  }
  return resolve_hosts(loaded.spec);
}

}  // namespace

SharedNames resolve_services(std::vector<ServiceSpec> specs, const LoadOptions& options,
                             LookupHelper& helper, LoadedConfig& out) {
  Resolver resolver(options, out.diagnostics);
  for (const auto& spec : specs) resolver.request(spec);
  resolver.look_up(helper);
  out.services.reserve(specs.size());
  for (auto& spec : specs) {
    // What has to be tried again goes back as it was written.
    std::optional<ServiceSpec> written;
    if (!resolver.has_all_answers()) written = spec;
    LoadedService loaded{std::move(spec), {}};
    switch (resolver.resolve(loaded)) {
      case Outcome::Good:
        out.services.push_back(std::move(loaded));
        break;
      case Outcome::Later:
        out.unresolved.push_back(std::move(written ? *written : loaded.spec));
        break;
      case Outcome::Bad:
        break;
    }
  }
  return resolver.has_names() ? SharedNames::Some : SharedNames::None;
}

}  // namespace uvinetd
