// SPDX-License-Identifier: ISC
#include "core/config/load/wrapping.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/config/quote.h"

namespace uvinetd {
namespace {

constexpr unsigned kUmaskOfTcpd = 022;
constexpr const char* kOwnRules =
    "\"allow\" and \"deny\" (only_from and no_access) do without tcpd";

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_on_ip(const ServiceSpec& spec) {
  return std::all_of(spec.listen.begin(), spec.listen.end(),
                     [](const ListenSpec& each) { return is_ip(each.kind); });
}

bool is_of_datagrams(const ServiceSpec& spec) {
  return !spec.listen.empty() && is_datagram(spec.listen.front().kind);
}

// None of its programs has a client on its descriptors.
bool is_served_by_itself(const ServiceSpec& spec) {
  return spec.program.empty() || is_health_check(spec);
}

// Its server accepts the clients: at its start there is none to be seen.
bool accepts_itself(const ServiceSpec& spec) {
  return spec.mode == Mode::Wait && !is_of_datagrams(spec);
}

class Wrapping {
 public:
  Wrapping(const LoadOptions& options, Diagnostics& out) : options_(options), out_(out) {}

  // False: the service must not be served.
  bool settle(ServiceSpec& spec) {
    const bool is_written = !spec.more->libwrap.empty();
    if (!is_written && !is_meant_by_options(spec)) return true;
    if (is_syslog_service(spec)) return settle_log(spec, is_written);
    if (is_served_by_itself(spec)) {
      return refuse(spec, "libwrap", "cannot be started through tcpd: no program is started for it",
                    kOwnRules);
    }
    if (!is_on_ip(spec)) {
      return refuse(spec, "libwrap", "has clients without a host, whom no rule is about",
                    "\"allow\" and \"deny\" take users and groups");
    }
    if (accepts_itself(spec)) return settle_accepting(spec);
    if (is_written && file_name(spec.program) == "tcpd") return settle_tcpd(spec);
    if (!can_be_wrapped(spec)) return false;
    const auto* tcpd = find_tcpd();
    if (tcpd == nullptr) {
      return refuse(spec, "tcpd", "is to be started through tcpd, which is not installed",
                    "it is in the package tcpd");
    }
    keep_cold(spec);
    if (spec.mode == Mode::Wait) {
      say(Severity::Note, spec, "libwrap",
          "is judged by the client that its server is started for: those that come while it runs "
          "are not",
          kOwnRules);
    }
    spec.argv.front() = std::exchange(spec.program, *tcpd);
    return true;
  }

 private:
  // What -l, -w and -W are about (FreeBSD's inetd(8)): internet services, and of those with a wait
  // server the ones whose first datagram can be looked at.
  bool is_meant_by_options(const ServiceSpec& spec) {
    if (!is_on_ip(spec) || spec.more->is_sensor) return false;
    if (is_served_by_itself(spec)) return options_.wraps_builtins;
    if (!options_.wraps_programs || file_name(spec.program) == "tcpd") return false;
    if (accepts_itself(spec)) say_unasked(spec);
    return !accepts_itself(spec);
  }

  bool settle_log(const ServiceSpec& spec, bool is_written) {
    constexpr const char* kWhy = "its server reads the datagrams of all hosts";
    if (is_written) {
      return refuse(spec, "libwrap", std::string("cannot be started through tcpd: ") + kWhy,
                    kOwnRules);
    }
    say(Severity::Warning, spec, "libwrap", std::string("is not started through tcpd: ") + kWhy,
        kOwnRules);
    return true;
  }

  // By a name that somebody has written it is to be asked for; else it is as xinetd does it.
  bool settle_accepting(const ServiceSpec& spec) {
    if (spec.admission_at->libwrap.line == 0) {
      say_unasked(spec);
      return true;
    }
    return refuse(spec, "libwrap",
                  "cannot be started through tcpd: its server accepts the clients itself",
                  kOwnRules);
  }

  bool settle_tcpd(const ServiceSpec& spec) {
    const auto& name = spec.more->libwrap;
    if (file_name(spec.argv.front()) == name) return true;
    return refuse(
        spec, "libwrap",
        "is known to tcpd as " + quoted(file_name(spec.argv.front())) + ", not as " + quoted(name));
  }

  bool can_be_wrapped(const ServiceSpec& spec) {
    const auto& more = *spec.more;
    const auto name = file_name(spec.program);
    if (!more.libwrap.empty() && more.libwrap != name) {
      return refuse(spec, "libwrap",
                    "is known to tcpd by its program, as " + quoted(name) + ", not as " +
                        quoted(more.libwrap),
                    "name a link to the program that is called so");
    }
    if (file_name(spec.argv.front()) != name) {
      return refuse(spec, "libwrap",
                    "is called " + quoted(spec.argv.front()) + ", and would be called " +
                        quoted(name) + " by tcpd",
                    "name a link to the program that is called so");
    }
    if (more.umask.value_or(kUmaskOfTcpd) != kUmaskOfTcpd) {
      return refuse(spec, "libwrap", "has a umask, and tcpd sets it to 022");
    }
    if (!more.chroot.empty()) {
      return refuse(spec, "libwrap", "has a root of its own, without tcpd and its files");
    }
    if (more.proxy_protocol) {
      return refuse(spec, "libwrap", "has a proxy in front of it, for which tcpd takes the client",
                    kOwnRules);
    }
    return true;
  }

  // A parked tcpd would have nobody to ask about.
  void keep_cold(ServiceSpec& spec) {
    if (!wants_warm_start(spec, options_.start)) return;
    if (spec.more->start == StartBy::Zygote) {
      say(Severity::Warning, spec, "no-zygote",
          "cannot be started warm: it is started through tcpd", "it is started by exec");
    }
    spec.more.edit().start = StartBy::Exec;
  }

  const std::string* find_tcpd() const {
    const auto& paths = options_.tcpd_paths;
    const auto found = std::find_if(paths.begin(), paths.end(), [](const std::string& path) {
      return access(path.c_str(), X_OK) == 0;
    });
    return found == paths.end() ? nullptr : &*found;
  }

  void say_unasked(const ServiceSpec& spec) {
    say(Severity::Warning, spec, "libwrap",
        "is not started through tcpd: its server accepts the clients itself", kOwnRules);
  }

  void say(Severity severity, const ServiceSpec& spec, const char* slug, const std::string& what,
           const char* hint) {
    const auto& written = spec.admission_at->libwrap;
    out_.push_back({severity, written.line != 0 ? written : spec.at,
                    "the service " + quoted(spec.id) + " " + what, hint, slug});
  }

  bool refuse(const ServiceSpec& spec, const char* slug, const std::string& what,
              const char* hint = "") {
    say(Severity::Error, spec, slug, what, hint);
    return false;
  }

  const LoadOptions& options_;
  Diagnostics& out_;
};

}  // namespace

void wrap_services(const LoadOptions& options, std::vector<ServiceSpec>& services,
                   Diagnostics& diagnostics) {
  Wrapping wrapping(options, diagnostics);
  std::erase_if(services, [&](ServiceSpec& spec) { return !wrapping.settle(spec); });
}

}  // namespace uvinetd
