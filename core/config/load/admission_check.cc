// SPDX-License-Identifier: ISC
#include "core/config/load/admission_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/config/quote.h"
#include "core/config/socket_rules.h"

namespace uvinetd {
namespace {

class AdmissionCheck {
 public:
  AdmissionCheck(const LoadOptions& options, Diagnostics& out) : options_(options), out_(out) {}

  // False: the service must not be served.
  bool is_enforced(const ServiceSpec& spec) {
    const bool has_hours = check_hours(spec);
    const bool has_rules = !needs_address_filter(spec) || check_rules(spec);
    return has_hours && has_rules;
  }

 private:
  bool check_hours(const ServiceSpec& spec) {
    if (spec.mode == Mode::Nowait || !spec.internal.empty()) return true;
    const auto& more = *spec.more;
    const auto& places = *spec.admission_at;
    constexpr const char* kWhy = "its server takes the clients itself";
    bool is_good = true;
    if (!more.access_times.empty()) {
      is_good = refuse(spec, places.access_times, "\"access_times\"", kWhy);
    }
    if (more.max_load) is_good = refuse(spec, places.max_load, "\"max_load\"", kWhy);
    return is_good;
  }

  bool check_rules(const ServiceSpec& spec) {
    const auto& more = *spec.more;
    const auto& places = *spec.admission_at;
    AddressRules rules;
    std::string other;
    if (more.allow) rules.allow = address_rules(*more.allow, other);
    bool is_good = is_of_addresses(spec, places.allow, other);
    other.clear();
    rules.deny = address_rules(more.deny, other);
    is_good &= is_of_addresses(spec, places.deny, other);
    if (!is_good) return false;
    const auto& at = more.allow ? places.allow : places.deny;
    if (!is_ip(spec.listen.front().kind) && !has_log_of_hosts(spec)) {
      return refuse(spec, at, "a rule for clients", "those of a Unix socket have no address");
    }
    const bool is_possible = is_datagram(spec.listen.front().kind) ? options_.filters_datagrams
                                                                   : options_.filters_streams;
    if (!is_possible) {
      return refuse(spec, at, "a rule for clients",
                    "the system does not let this user put a filter on such a socket");
    }
    const auto steps = make_address_filter(rules).size();
    if (steps <= kMostFilterSteps) return true;
    return refuse(spec, at, "so many rules",
                  fmt::format("{} steps of a socket filter would be needed, and {} are possible",
                              steps, kMostFilterSteps));
  }

  // Its rules are about the hosts that write to it, and not about the programs here.
  static bool has_log_of_hosts(const ServiceSpec& spec) {
    return is_syslog_service(spec) &&
           std::any_of(spec.listen.begin(), spec.listen.end(),
                       [](const ListenSpec& listen) { return is_ip(listen.kind); });
  }

  bool is_of_addresses(const ServiceSpec& spec, const SourcePosition& at,
                       const std::string& other) {
    if (other.empty()) return true;
    return refuse(spec, at, "the rule " + quoted(other),
                  "here the kernel decides, which knows addresses only");
  }

  bool refuse(const ServiceSpec& spec, const SourcePosition& at, const std::string& what,
              const std::string& why) {
    out_.push_back({Severity::Error, at.line != 0 ? at : spec.at,
                    fmt::format("{} cannot be enforced for the service {}", what, quoted(spec.id)),
                    why, "not-enforceable-here"});
    return false;
  }

  const LoadOptions& options_;
  Diagnostics& out_;
};

}  // namespace

void check_admission(const LoadOptions& options, std::vector<ServiceSpec>& services,
                     Diagnostics& diagnostics) {
  AdmissionCheck check(options, diagnostics);
  std::erase_if(services, [&](const ServiceSpec& spec) { return !check.is_enforced(spec); });
}

}  // namespace uvinetd
