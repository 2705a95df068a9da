// SPDX-License-Identifier: ISC
#include "core/config/load/access_check.h"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>

#include "core/config/access_file.h"
#include "core/config/load/file_reader.h"
#include "core/config/quote.h"

namespace uvinetd {
namespace {

using Kind = AccessRule::Kind;

// Whether we accept its connections and know who has made them.
bool accepts_here(const ServiceSpec& spec) {
  if (spec.mode == Mode::Wait && spec.internal.empty()) return false;
  return spec.listen.empty() || !is_datagram(spec.listen.front().kind);
}

bool has_ip_sockets(const ServiceSpec& spec) {
  return std::any_of(spec.listen.begin(), spec.listen.end(),
                     [](const ListenSpec& listen) { return is_ip(listen.kind); });
}

class AccessCheck {
 public:
  AccessCheck(bool is_root, Diagnostics& out) : reader_(is_root), out_(out) {}

  // False: the service must not be served.
  bool is_enforced(const ServiceSpec& spec) {
    const auto& more = *spec.more;
    const auto& places = *spec.admission_at;
    bool is_good = check_identify(spec);
    if (more.allow) {
      for (const auto& text : *more.allow) is_good &= check_rule(spec, places.allow, text);
    }
    for (const auto& text : more.deny) is_good &= check_rule(spec, places.deny, text);
    if (is_good && more.allow && !more.deny.empty()) find_contradictions(spec);
    return is_good;
  }

 private:
  static SourcePosition or_service(const SourcePosition& at, const ServiceSpec& spec) {
    return at.line != 0 ? at : spec.at;
  }

  bool refuse(const SourcePosition& at, const char* slug, std::string message,
              std::string hint = {}) {
    out_.push_back({Severity::Error, at, std::move(message), std::move(hint), slug});
    return false;
  }
  void warn(const SourcePosition& at, std::string message, std::string hint = {}) {
    out_.push_back({Severity::Warning, at, std::move(message), std::move(hint), "access"});
  }

  bool check_identify(const ServiceSpec& spec) {
    if (!spec.more->identify) return true;
    const bool has_hosts = spec.listen.empty() || is_ip(spec.listen.front().kind);
    if (accepts_here(spec) && has_hosts) return true;
    return refuse(spec.at, "not-enforceable-here",
                  "only the clients of a nowait TCP service can be asked who they are");
  }

  bool check_rule(const ServiceSpec& spec, const SourcePosition& place, const std::string& text) {
    const auto at = or_service(place, spec);
    const auto rule = parse_access_rule(text);
    if (!rule) {  // written by a front end that reads fewer forms
      return refuse(at, "access", fmt::format("{} {}", quoted(text), rule.error().op),
                    rule.error().subject);
    }
    switch (rule->kind) {
      case Kind::Interface:
        return check_interface(at, rule->name);
      case Kind::File:
        return check_file(spec, at, rule->name);
      case Kind::User:
      case Kind::Group:
        if (spec.listen.empty() || is_ip(spec.listen.front().kind)) {
          warn(at, quoted(text) + " is never true: only clients of Unix sockets have a user");
        }
        return true;
      case Kind::Address:
      case Kind::Host:
      case Kind::Domain:
        if (!spec.listen.empty() && !has_ip_sockets(spec)) {
          warn(at, quoted(text) + " is never true: clients of Unix sockets have no address");
        }
        return true;
    }
    return true;
  }

  bool check_interface(const SourcePosition& at, const std::string& name) {
    if (!kHasInterfaceRules) {
      return refuse(at, "not-enforceable-here",
                    "this system does not tell the interface of a client");
    }
    if (if_nametoindex(name.c_str()) != 0) return true;
    return refuse(at, "access", "there is no interface " + quoted(name),
                  "it has to be there when the configuration is read");
  }

  // A file that several services name is read once.
  bool check_file(const ServiceSpec& spec, const SourcePosition& at, const std::string& path) {
    if (!accepts_here(spec)) return true;  // judged with the sockets that the kernel guards
    const auto known = files_.find(path);
    const bool is_good = known != files_.end() ? known->second : (files_[path] = read_file(path));
    if (is_good) return true;
    return refuse(at, "access", "the rules in " + quoted(path) + " cannot be used");
  }

  bool read_file(const std::string& path) {
    const SourcePosition whole{std::make_shared<const std::string>(path)};
    const auto text = reader_.read(path);
    if (!text) return refuse(whole, text.error().slug, text.error().message, text.error().hint);
    auto parsed = parse_access_file(*text, path);
    bool is_good = true;
    for (const auto& rule : parsed.rules) {
      if (rule.kind != Kind::Interface) continue;
      is_good &= check_interface(whole, rule.name);
    }
    is_good &= !has_errors(parsed.diagnostics);
    std::move(parsed.diagnostics.begin(), parsed.diagnostics.end(), std::back_inserter(out_));
    return is_good;
  }

  void find_contradictions(const ServiceSpec& spec) {
    const auto& allow = *spec.more->allow;
    std::unordered_set<std::string> allowed;
    for (const auto& text : allow) allowed.insert(print_access_rule(*parse_access_rule(text)));
    for (const auto& text : spec.more->deny) {
      const auto rule = print_access_rule(*parse_access_rule(text));
      if (!allowed.contains(rule)) continue;
      warn(or_service(spec.admission_at->deny, spec),
           quoted(rule) + " is allowed and denied: it is denied");
    }
  }

  FileReader reader_;
  Diagnostics& out_;
  std::map<std::string, bool> files_;
};

}  // namespace

void check_access(const LoadOptions& options, LoadedConfig& config) {
  AccessCheck check(options.uid == 0, config.diagnostics);
  std::erase_if(config.services, [&](const LoadedService& service) {
    const auto& more = *service.spec.more;
    const bool has_any = more.allow || !more.deny.empty() || more.identify;
    return has_any && !check.is_enforced(service.spec);
  });
}

}  // namespace uvinetd
